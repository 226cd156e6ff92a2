/**
 * Goal: what happens to pages while they are on their way decides what lands, and whose they are then.
 * Method: 2 MiB are under way, huge or in base pages, when the process forks and lets them go, a part of them is unmapped, or one
 * of them is taken out of use. Pages that only the child had left landed as the parent's (found by random commands).
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { isFlying } from '../../../../../src/lib/engine/mm/move/flight.ts';
import { frameOf } from '../../../../../src/lib/engine/mm/space/mapping.ts';
import type { AreaRecord } from '../../../../../src/lib/engine/state/machine-records.ts';
import { ask, machine, settle, THREE_NODES } from '../../../../support/machines.ts';
import { expectSound } from '../../../../support/worlds.ts';

const say = (simulation: Simulation, words: string, process = 'p') => ask(simulation, { name: 'process', process, words }, 0);

function underWay(kind: string): { simulation: Simulation; call: number; area: AreaRecord } {
	const simulation = machine(THREE_NODES);
	for (const words of ['map z 12K', 'bind z bind 1', 'touch z', 'map a 4M', `${kind} a`, 'bind a bind 0', 'touch a'])
		ask(simulation, { name: 'process', process: 'p', words });
	const sent = simulation.send({ name: 'process', machine: 'm', process: 'p', words: 'move a 1' });
	if (!sent.ok) throw new Error(sent.detail);
	const call = sent.value.call as number;
	const flying = () => simulation.world.r.calls.some((each) => each.id === call && isFlying(each));
	// The first batch is off as soon as the call begins.
	expect(flying()).toBe(true);
	return { simulation, call, area: simulation.world.r.areas.find((each) => each?.name === 'a') as AreaRecord };
}

describe.each(['hugep', 'nothp'])('%s', (kind) => {
	it('forked, and unmapped by the parent', () => {
		const { simulation, call } = underWay(kind);
		const child = (say(simulation, 'fork').value as { child: number }).child;
		expect(say(simulation, 'unmap a 1M').errno).toBe(null);
		// Looked at after every event: what lands wrong is not set right by what lands later.
		const moving = () => simulation.world.r.calls.some((each) => each.id === call && each.state === 'running');
		for (let event = 0; moving() && event < 100; event += 1) {
			simulation.advance(simulation.nowNs + 1e9, 1);
			expectSound(simulation);
		}
		expect(moving()).toBe(false);
		expect(ask(simulation, { name: 'process', process: `p-${child}`, words: 'check a' }).value).toMatchObject({ ret: 0 });
	});

	it('a part of it is unmapped', () => {
		const { simulation, call, area } = underWay(kind);
		expect(say(simulation, 'unmap a 8K@1M').errno).toBe(null);
		expect(settle(simulation, call).state).toBe('done');
		expect(frameOf(simulation.world, area, 0, 256)).toBe(-1);
		expect(frameOf(simulation.world, area, 0, 258)).toBeGreaterThan(0);
		expect(ask(simulation, { name: 'process', process: 'p', words: 'check a' }).value).toMatchObject({ ret: 0 });
		expectSound(simulation);
	});

	it('one of its pages is taken out of use', () => {
		const { simulation, call, area } = underWay(kind);
		const memory = simulation.world.r.memories[simulation.world.r.oses[0]?.memory ?? 0];
		const pfn = frameOf(simulation.world, area, 0, 100) - (memory?.firstBlock ?? 0) * 512;
		ask(simulation, { name: 'write-file', path: '/sys/devices/system/memory/soft_offline_page', value: String(pfn * 4096) }, 0);
		expect(settle(simulation, call).state).toBe('done');
		expect(ask(simulation, { name: 'process', process: 'p', words: 'check a' }).value).toMatchObject({ ret: 0 });
		expectSound(simulation);
	});
});
