/**
 * Goal: a host that asks is answered from the picture, and the picture says what waits and what Linux would take. Method: worlds of
 * the engine with a host that answers by hand; each offered answer is given and its outcome read from the status.
 */
import { describe, expect, it } from 'vitest';
import type { FabricCommand } from '../../../../src/lib/engine/contract/fabric-commands.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { answerActions, answerMode, waitingOffer } from '../../../../src/lib/viz/fabric/actions.ts';
import { buildExtents, type Rail } from '../../../../src/lib/viz/fabric/extents-scene.ts';
import { extentsWords, fabricMoment, offerWords } from '../../../../src/lib/viz/fabric/extents-words.ts';
import { partWords } from '../../../../src/lib/viz/fabric/map-words.ts';
import { ask, fabricSimulation } from '../../../support/fabric-worlds.ts';

const MIB = 2 ** 20;
const NOTHING = { device: null, tag: null, hosts: [null, null] } as const;

const give = (simulation: Simulation, { actor, at, execute, arguments: parameters }: FabricCommand): void =>
	expect(ask(simulation, actor, at, execute, parameters).says).toBe('');

function asking(): Simulation {
	const simulation = fabricSimulation({
		devices: [{ id: 'mem0', kind: 'mh-sld', hosts: ['A', 'B'], regions: [{ bytes: 2 ** 30 }] }],
		hosts: [{ id: 'A' }, { id: 'B' }]
	});
	give(simulation, answerMode('A', 'by-hand'));
	expect(ask(simulation, 'fm', 'mem0', 'initiate-dynamic-capacity-add', { host: 'A', length: 256 * MIB, tag: '0b2d' }).says).toBe('');
	simulation.advance(100_000_000);
	return simulation;
}
const railOf = (simulation: Simulation): Rail => buildExtents(simulation.status().fabric!, NOTHING).rails[0]!;

describe('an offer that waits for a person', () => {
	it('is named on the rail, on the map and in the sentence of the moment', () => {
		const simulation = asking();
		const offer = waitingOffer(railOf(simulation))!;
		const words = offerWords(offer);
		expect(words).toMatch(/^asks you: 256\u2009MiB under \S+, since [\d.]+\u2009\w+; Linux would take /);
		const fabric = simulation.status().fabric!;
		expect(extentsWords(buildExtents(fabric, NOTHING), fabric, 0)).toContain(`Host A ${words}.`);
		expect(partWords(fabric, 'host', 'A').short).toBe('asks you');
		expect(partWords(fabric, 'host', 'B').long).not.toContain('asks you');
		expect(fabricMoment(fabric, simulation.nowNs)).toBe(`Host A ${words}`);
	});

	it.each(['accept', 'part', 'none', 'by-hand', 'silent'] as const)('can be %s from the rail on', (mode) => {
		const simulation = asking();
		give(simulation, answerMode('B', mode));
		expect(simulation.status().fabric!.hosts[1]!.answer).toBe(mode);
	});

	it.each([
		['Accept', 256],
		['Part', 128],
		['None', 0]
	])('%s: the host then holds %i MiB, and nothing waits', (word, mebibytes) => {
		const simulation = asking();
		const { command } = answerActions(railOf(simulation)).find((one) => one.word === word)!;
		give(simulation, command);
		simulation.advance(simulation.nowNs + 100_000_000);
		const rail = railOf(simulation);
		expect(rail.counts?.accepted.bytes).toBe(mebibytes * MIB);
		expect([waitingOffer(rail), answerActions(rail)]).toEqual([null, []]);
	});
});
