import { describe, expect, it } from 'vitest';
import { catalogueScenario } from '../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { Simulation } from '../../../../src/lib/engine/index.ts';
import { hostRole, slotsOf } from '../../../../src/lib/viz/describe/host.ts';
import { laneScene } from '../../../../src/lib/viz/rack/lane-scene.ts';
import { rackScene } from '../../../../src/lib/viz/rack/rack-scene.ts';
import { rackSentence, rackWords } from '../../../../src/lib/viz/rack/rack-words.ts';

/** Cards, axis and sentences of a rack, made from worlds that the engine ran. */
const MS = 1e6;
function at(id: string, atMs: number) {
	const opened = Simulation.open({ scenario: catalogueScenario(id) });
	if (!opened.ok) throw new Error(opened.detail);
	opened.value.advance(atMs * MS);
	return opened.value.status();
}

describe('cards', () => {
	it('a dead host keeps its lost VMs until somebody has them', () => {
		const [a, , c] = rackScene(at('host-dies', 250)).hosts;
		expect([a?.mood, a?.dramUsed, a?.vms.map(({ id, mood }) => `${id} ${mood}`)]).toEqual(['down', 0, ['vm0 lost', 'vm1 lost']]);
		expect(c?.vms).toEqual([]);
		const later = rackScene(at('host-dies', 405)).hosts;
		expect(later[2]?.vms.map(({ id, mood, onPool }) => `${id} ${mood} ${onPool}`)).toEqual(['vm0 runs 1']);
	});
	it('an old incarnation stands beside the new one', () => {
		const { hosts } = rackScene(at('split-brain', 1005));
		expect(hosts.flatMap((host) => host.vms.map(({ id, mood }) => `${host.id} ${id} ${mood}`))).toEqual(['A vm0 zombie', 'B vm0 runs']);
	});
	it('the pool says whose pages it holds, or that it failed', () => {
		expect(rackScene(at('pool-fails', 100)).pool?.parts.map(({ vm }) => vm)).toEqual(['vm0', 'vm1']);
		const failed = rackScene(at('pool-fails', 300)).pool;
		expect([failed?.lost, failed?.parts.length]).toEqual([true, 0]);
	});
});

describe('vCPUs of one VM on two hosts', () => {
	const opened = Simulation.open({ scenario: catalogueScenario('vcpus-on-two-hosts') });
	if (!opened.ok) throw new Error(opened.detail);
	const now = (atMs: number) => {
		opened.value.advance(atMs * MS);
		return opened.value.status();
	};

	it('the VM stands on both, with its part; in words too, and in the slots of the hosts', () => {
		const status = now(305);
		expect(rackScene(status).hosts.map((card) => card.vms.map(({ id, state }) => `${id} ${state.split(',')[0]}`))).toEqual([
			['vm0 2 of 4 vCPUs'],
			['vm0 2 of 4 vCPUs'],
			[]
		]);
		expect(rackWords(status, status.rack!)).toContain('vm0 runs on A and B');
		expect(status.hosts.map((host) => slotsOf(host, status).map(({ vcpu }) => vcpu))).toEqual([[0, 1], [2, 3], []]);
		expect(status.hosts.map((host) => hostRole(host, status).words)).toEqual(['runs 2 of 4 vCPUs', 'runs 2 of 4 vCPUs', 'runs nothing']);
	});

	it('either host takes it along; afterwards it is in one place', () => {
		const status = now(420);
		expect(rackScene(status).hosts.map((card) => card.vms.map(({ mood, state }) => `${mood}: ${state}`))).toEqual([
			['lost: lost: it needed both hosts'],
			['lost: lost: it needed both hosts'],
			[]
		]);
		const later = now(800);
		expect(rackScene(later).hosts.map((card) => card.vms.length)).toEqual([expect.any(Number), 0, expect.any(Number)]);
		expect(later.vms[0]!.split).toBeNull();
	});
});

describe('axis', () => {
	it('beats, a silence, a fence, and marks of one stretch', () => {
		const status = at('zombie-host', 705);
		const scene = laneScene(status.rack!, status.nowNs, 0, 1200 * MS);
		const [a, b] = scene.rows;
		expect(a!.silent[0]).toEqual({ fromNs: 200 * MS, untilNs: status.nowNs });
		expect(a!.fenced.length).toBe(1);
		expect(a!.beats.every((beat) => beat <= 200 * MS)).toBe(true);
		expect(b!.beats.length).toBeGreaterThan(60);
		expect(scene.marks.map(({ kind }) => kind)).toEqual(['pause', 'suspect', 'claim', 'fence', 'scan', 'restart', 'back']);
		expect(laneScene(status.rack!, status.nowNs, 0, 210 * MS).marks.length).toBe(1);
	});
	it('beats that are too many for strokes are a span without the silences', () => {
		const status = at('pool-fails', 3000);
		const row = laneScene(status.rack!, status.nowNs, 0, 6000 * MS).rows[0]!;
		expect(row.beating[0]!.fromNs).toBe(0);
		expect(row.beating.every((span, index) => index === 0 || span.fromNs > row.beating[index - 1]!.untilNs)).toBe(true);
	});
});

describe('words', () => {
	it('name the loss, the second runner, the return', () => {
		const said = (id: string, atMs: number): string => {
			const status = at(id, atMs);
			return rackSentence(status, status.rack!);
		};
		expect(said('host-dies', 250)).toBe('2 of 3 VMs run nowhere now');
		expect(said('split-brain', 1005)).toContain('Two incarnations of vm0');
		expect(said('zombie-host', 705)).toContain('vm0 is back on C after 150');
		const status = at('zombie-host', 705);
		expect(rackWords(status, status.rack!)).toContain('taken for dead by B, fenced as incarnation 1');
	});
});
