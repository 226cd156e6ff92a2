import { describe, expect, it } from 'vitest';
import { parsePolicy, placement, policyText, settlePolicy } from '../../../../../src/lib/engine/mm/alloc/mempolicy.ts';
import { rebindPolicies, remapNodes } from '../../../../../src/lib/engine/mm/alloc/rebind.ts';
import type { AreaRecord, PolicyRecord, ProcessRecord } from '../../../../../src/lib/engine/state/machine-records.ts';
import { machine } from '../../../../support/machines.ts';

const policy = (words: string): PolicyRecord => {
	const parsed = parsePolicy(words.split(' '));
	if (!parsed) throw new Error(words);
	return parsed.policy;
};

function process(own: PolicyRecord, cpu = 0): ProcessRecord {
	return {
		id: 'p',
		os: 0,
		pid: 1,
		cpu,
		state: 'running',
		policy: own,
		parent: null,
		interleaveNext: 0,
		interleaveLeft: 0
	} as ProcessRecord;
}
const area = (own: PolicyRecord | null): AreaRecord => ({ policy: own }) as AreaRecord;

describe('policies', () => {
	it('are read from words and shown as numa_maps does', () => {
		const texts: [string, string][] = [
			['default', 'default'],
			['preferred 1', 'prefer:1'],
			['bind 0', 'bind:0'],
			['bind=static 1', 'bind=static:1'],
			['bind=balancing 0-1', 'bind=balancing:0-1'],
			['interleave 0-1', 'interleave:0-1'],
			['weighted-interleave 0,1', 'weighted interleave:0-1'],
			['preferred-many 0-1', 'prefer (many):0-1'],
			['local', 'local']
		];
		for (const [words, text] of texts) expect(policyText(policy(words))).toBe(text);
		expect(parsePolicy(['bind', '1', 'strict,move'])?.flags).toEqual(['strict', 'move']);
		expect(parsePolicy(['bind', '0', 'move_all'])?.flags).toEqual(['move_all']);
		for (const words of ['', 'bond 1', 'bind x', 'bind 1 hard', 'bind=loose 1', 'bind 3-1'])
			expect(parsePolicy(words.split(' ')), words).toBeNull();
	});

	it('are refused as mbind refuses them: nodes without memory fall out, nothing left is EINVAL', () => {
		const { world } = machine();
		const settle = (words: string) => settlePolicy(world, 0, policy(words));
		expect(settle('bind 0,2')).toMatchObject({ nodes: [0] });
		expect(settle('preferred')).toMatchObject({ mode: 'local', nodes: [] });
		expect(settle('preferred 0-1')).toMatchObject({ nodes: [0] });
		for (const words of ['bind', 'bind 2', 'bind 7', 'interleave', 'default 0', 'local 1', 'interleave=balancing 0-1'])
			expect(settle(words), words).toBe('EINVAL');
	});

	it('place pages: local, preferred, masked, in turns, by weight', () => {
		const { world } = machine();
		const at = (words: string, index = 0) => placement(world, 0, process(policy('default')), area(policy(words)), index);
		expect(at('default')).toMatchObject({ node: 0, nodemask: null, pages: Infinity });
		expect(at('preferred 1')).toMatchObject({ node: 1, nodemask: null });
		expect(at('bind 1')).toMatchObject({ node: 0, nodemask: [1] });
		expect(at('preferred-many 1')).toMatchObject({ node: 0, nodemask: [1], thenAll: true });
		expect([0, 1, 2, 3].map((index) => at('interleave 0-1', index).node)).toEqual([0, 1, 0, 1]);
		world.r.oses[0]?.settings.weights.splice(0, 3, 3, 1, null);
		expect([0, 1, 2, 3, 4, 7].map((index) => at('weighted-interleave 0-1', index).node)).toEqual([0, 0, 0, 1, 0, 1]);
		expect(at('weighted-interleave 0-1', 1)).toMatchObject({ interleaved: true, pages: 2 });
		// A task policy holds where the area has none.
		expect(placement(world, 0, process(policy('preferred 1')), area(null), 0).node).toBe(1);
	});

	it('bind kernel pages to no node that has only movable memory', () => {
		const { world } = machine();
		expect(placement(world, 0, process(policy('default')), area(policy('bind 2')), 0, false).nodemask).toBeNull();
		expect(placement(world, 0, process(policy('default')), area(policy('bind 1')), 0, false).nodemask).toEqual([1]);
	});

	it('follow the nodes with memory by position: bind:1 becomes bind:0 and does not come back (V-15)', () => {
		expect(remapNodes([1], [0, 1], [0])).toEqual([0]);
		expect(remapNodes([0], [0], [0, 1])).toEqual([0]);
		expect(remapNodes([2], [0, 1, 2], [0, 2])).toEqual([0]);
		expect(remapNodes([1, 2], [0, 1, 2], [0, 2])).toEqual([0, 2]);
		const { world } = machine();
		world.r.processes.push(process(policy('bind 1')), { ...process(policy('bind=static 1')), id: 'q' });
		rebindPolicies(world, 0, [0, 1], [0]);
		expect(world.r.processes.map((each) => policyText(each.policy))).toEqual(['bind:0', 'bind=static:0']);
	});
});
