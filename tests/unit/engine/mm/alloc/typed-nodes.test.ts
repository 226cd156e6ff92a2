import { describe, expect, it } from 'vitest';
import { ask, machine } from '../../../../support/machines.ts';
import { expectSound } from '../../../../support/worlds.ts';

/** 512 MiB with CPUs, and 512 MiB of switched memory as node 1. */
const PLAIN = [
	'-machine q35 -smp 2 -m 1G -object memory-backend-ram,id=b0,size=512M -object memory-backend-ram,id=b1,size=512M',
	'-numa node,nodeid=0,cpus=0-1,memdev=b0 -numa node,nodeid=1,memdev=b1'
].join(' ');

function typed(proposals: readonly 'typed-nodes'[] = ['typed-nodes']) {
	const simulation = machine(PLAIN, 'typed_node=1:switched', { proposals });
	const words = (text: string, process = 'p') =>
		ask(simulation, { name: 'process', process, words: text }).value as Record<string, unknown>;
	return { simulation, words, os: simulation.world.r.oses[0] };
}

describe('typed nodes, where the proposal is switched on', () => {
	it('are on no other list: an unbound process dies of want beside free switched memory', () => {
		const { simulation, words, os } = typed();
		expect(os?.nodes.map((node) => node.typed)).toEqual([null, 'switched']);
		words('map a 600M');
		expect(words('touch a')['errno']).toBe('EINTR');
		expect(os?.counters['oom_kill']).toBe(1);
		expectSound(simulation);
	});

	it('give to whom that names them: by policy, by mask, by a move', () => {
		const { simulation, words } = typed();
		for (const [area, policy] of [
			['a', 'bind 1'],
			['b', 'preferred 1'],
			['c', 'interleave 0-1'],
			['d', 'bind 0-1']
		] as const) {
			words(`map ${area} 16M`);
			words(`bind ${area} ${policy}`);
			words(`touch ${area}`);
		}
		expect(words('status a')['status']).toEqual({ node1: 4096 });
		expect(words('status b')['status']).toEqual({ node1: 4096 });
		expect(words('status c')['status']).toEqual({ node0: 2048, node1: 2048 });
		expect(words('status d')['status']).toEqual({ node0: 4096 });
		expect(words('move d 1')['ret']).toBe(0);
		expect(words('status d')['status']).toEqual({ node1: 4096 });
		words('map e 500M');
		words('bind e bind 0-1');
		expect(words('touch e')['errno']).toBe('OK');
		expect(Object.keys(words('status e')['status'] as object).sort()).toEqual(['node0', 'node1']);
		// Nothing pulls pages off them.
		words('sleep 3');
		words('bind a default');
		words('touch a');
		expect(words('status a')['status']).toEqual({ node1: 4096 });
		expectSound(simulation);
	});

	it('are plain nodes without it', () => {
		const { words, os } = typed([]);
		expect(os?.nodes[1]?.typed).toBeNull();
		words('map a 600M');
		expect(words('touch a')['errno']).toBe('OK');
		expect(words('status a')['status']).toHaveProperty('node1');
	});
});
