/** Goal: things of a fabric are found by name, tag and address, and each knows what happened to it last. Method: a small fabric. */
import { describe, expect, it } from 'vitest';
import type { FindAnswer, WhyAnswer } from '../../../../src/lib/engine/contract/queries.ts';
import { ask, fabricSimulation } from '../../../support/fabric-worlds.ts';

const MIB = 2 ** 20;

describe('a fabric that is asked about', () => {
	const simulation = fabricSimulation({
		devices: [{ id: 'mem0', kind: 'sld', hosts: ['A'], regions: [{ bytes: 1024 * MIB }] }],
		hosts: [{ id: 'A' }]
	});
	expect(ask(simulation, 'fm', 'mem0', 'initiate-dynamic-capacity-add', { host: 'A', length: 256 * MIB, tag: '3f9c0001' }).says).toBe('');
	simulation.advance(200_000_000);
	const fabric = simulation.status().fabric!;
	const extent = fabric.devices[0]!.lds[0]!.extents[0]!;
	const find = (text: string) =>
		(simulation.ask({ kind: 'find', text }) as FindAnswer).hits.flatMap((hit) =>
			hit.object.type === 'fabric' ? [`${hit.object.thing} ${hit.object.id}`] : []
		);
	const why = (thing: 'host' | 'device' | 'tag' | 'extent' | 'message' | 'ld', id: string) =>
		simulation.ask({ kind: 'why', object: { type: 'fabric', thing, id } }) as WhyAnswer;

	it('finds names, tags by their beginning, and what lies at an address', () => {
		expect(find('mem0')).toContain('device mem0');
		expect(find('A')).toContain('host A');
		expect(find('3f9c')).toEqual(['tag 3f9c0001']);
		expect(find(`0x${(extent.dpa + 4096).toString(16)}`)).toContain(`extent ${extent.row}`);
		expect(find('nobody')).toEqual([]);
	});

	it('leads from a thing back to the command', () => {
		for (const [thing, id] of [
			['tag', '3f9c0001'],
			['extent', String(extent.row)],
			['host', 'A'],
			['device', 'mem0'],
			['ld', 'mem0/0'],
			['message', String(fabric.messages.at(-1)!.id)]
		] as const) {
			const { chain } = why(thing, id);
			expect(chain.length, `${thing} ${id}`).toBeGreaterThan(0);
			expect(chain.at(-1)?.kind, `${thing} ${id}`).toBe('command');
		}
		expect(why('tag', 'beef').chain).toEqual([]);
	});
});
