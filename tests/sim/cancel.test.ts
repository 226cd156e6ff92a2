import { describe, expect, it } from 'vitest';
import { OwnerState } from '../../src/lib/engine/contract/words.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { HAND_OFF, LEADING_OUT } from '../../src/lib/engine/superpage/hand-off.ts';
import { ownerOf } from '../../src/lib/engine/superpage/words.ts';
import { expectPinsKnown, expectPoolEmpty, expectSound, migrate, open, settle, tinyWorld } from '../support/worlds.ts';

const cancel = { name: 'migrate-cancel', vm: 'vm0' } as const;

function runTo(strategy: 'precopy' | 'transit', there: (simulation: Simulation) => boolean): Simulation {
	const simulation = open(tinyWorld());
	simulation.send(migrate(strategy));
	simulation.advance(2e9, Infinity, () => there(simulation));
	return simulation;
}

/** After a cancel the VM runs on A as before, or it was too late and it runs on B; nothing in between. */
function expectEnd(simulation: Simulation, accepted: boolean): void {
	expectSound(simulation, 'just after the cancel');
	expect(settle(simulation)).toBe(true);
	const { r } = simulation.world;
	const [operation] = r.operations;
	const [vm] = r.vms;
	expect([operation?.state, operation?.reason]).toEqual(accepted ? ['cancelled', 'cancelled'] : ['completed', null]);
	expect(vm?.vcpuState).toBe('running');
	expect(vm?.instances[vm.running]).toBe(accepted ? 0 : 1);
	expect(ownerOf(simulation.world, 0)).toMatchObject({
		owner: accepted ? 0 : 1,
		state: OwnerState.local
	});
	expectSound(simulation, 'at the end');
	expectPinsKnown(simulation);
	expectPoolEmpty(simulation);
	// Nothing is left that would stand in the way of the next move.
	const target = accepted ? 'B' : 'A';
	expect(simulation.send(migrate('transit', {}, 'vm0', target)).ok).toBe(true);
	expect(settle(simulation)).toBe(true);
	expect(r === simulation.world.r && simulation.world.r.operations[1]?.state).toBe('completed');
	expectSound(simulation, 'after the next move');
}

const phaseIs = (phase: string) => (simulation: Simulation) => simulation.world.r.operations[0]?.phase === phase;

describe('a cancel of transit', () => {
	it.each([
		['prepare', true],
		['staging', true],
		['publish', true],
		['unstaging', false],
		['release', false]
	] as const)('in the phase %s: accepted is %s', (phase, accepted) => {
		const simulation = runTo('transit', phaseIs(phase));
		const answer = simulation.send(cancel);
		expect(answer.ok ? 'accepted' : answer.reason).toBe(accepted ? 'accepted' : 'too-late');
		expectEnd(simulation, accepted);
	});

	it('in the middle of a batch', () => {
		const simulation = runTo('transit', (at) => (at.world.r.operations[0]?.pagesMoved ?? 0) > 9000);
		simulation.advance(simulation.nowNs + 50_000);
		expect(simulation.send(cancel).ok).toBe(true);
		expectEnd(simulation, true);
	});

	// Steps that lead out of a hand-off, or are one behind its end, are not on the way of a move that goes well.
	const atStep = HAND_OFF.filter(({ id }) => ![...LEADING_OUT, 'reject', 'clear-phase'].includes(id)).map(
		({ actor, id }) => [actor, id] as const
	);
	const outcomes = new Map<string, number>();

	it.each(atStep)('when the %s stands before the step %s', (actor, id) => {
		const simulation = runTo('transit', (at) => at.world.r.operations[0]?.actors?.[actor].step === id);
		expect(simulation.world.r.operations[0]?.actors?.[actor].step).toBe(id);
		const committed = ownerOf(simulation.world, 0).owner === 1;
		const answer = simulation.send(cancel);
		expect(answer.ok ? 'accepted' : answer.reason).toBe(committed ? 'too-late' : 'accepted');
		const how = committed ? 'too late' : 'the source goes on';
		outcomes.set(how, (outcomes.get(how) ?? 0) + 1);
		expectEnd(simulation, !committed);
	});

	it('met both outcomes in the hand-off', () => {
		expect([...outcomes.keys()].sort()).toEqual(['the source goes on', 'too late']);
	});

	it('whose abort finds that the target committed first lets the move go on', () => {
		// The order was given before the commit and reaches the source after it: one step is held back here.
		const simulation = runTo('transit', (at) => ownerOf(at.world, 0).owner === 1);
		const [operation] = simulation.world.r.operations;
		expect(operation?.actors?.source.step).toBe('await-commit');
		if (operation?.actors) {
			operation.ending = 'cancelled';
			operation.actors.source.step = 'await-commit';
		}
		expectEnd(simulation, false);
		expect(simulation.world.trace.some((record) => record.values['reason'] === 'commit-lost')).toBe(true);
	});
});

describe('a cancel of pre-copy', () => {
	it.each([
		['setup', true],
		['round', true],
		['switchover', false]
	] as const)('in the phase %s: accepted is %s', (phase, accepted) => {
		const simulation = runTo('precopy', phaseIs(phase));
		const answer = simulation.send(cancel);
		expect(answer.ok ? 'accepted' : answer.reason).toBe(accepted ? 'accepted' : 'too-late');
		expectEnd(simulation, accepted);
	});

	it('given twice at one moment is one cancel', () => {
		const simulation = runTo('precopy', phaseIs('round'));
		for (const times of [1, 2]) expect(simulation.send(cancel).ok, `cancel ${times}`).toBe(times === 1);
		expectEnd(simulation, true);
	});
});
