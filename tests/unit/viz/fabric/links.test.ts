/**
 * Goal: the map shows of each link what the engine counts, and the window's shape is what the engine takes and refuses. Method:
 * worlds of the engine with programs that fill shared links; every choice of a window's shape is pressed.
 */
import { describe, expect, it } from 'vitest';
import type { InterleaveAnswer } from '../../../../src/lib/engine/contract/fabric-load.ts';
import type { FabricStatus, TranslationAnswer } from '../../../../src/lib/engine/contract/fabric-status.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { bandOf, linkWords } from '../../../../src/lib/viz/fabric/link-load.ts';
import { layoutMap } from '../../../../src/lib/viz/fabric/map-layout.ts';
import { mapWords, partWords } from '../../../../src/lib/viz/fabric/map-words.ts';
import { interleaveCommand, maskBits, maskRows, shapeWords } from '../../../../src/lib/viz/fabric/window-shape.ts';
import { ask, fabricSimulation } from '../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;

const fabricOf = (simulation: Simulation): FabricStatus => simulation.status().fabric!;

function oneDevice(): Simulation {
	const simulation = fabricSimulation({
		devices: [{ id: 'mem0', kind: 'mh-sld', hosts: ['A', 'B'], regions: [{ bytes: 4 * GIB, sharable: true }] }],
		hosts: [{ id: 'A' }, { id: 'B' }]
	});
	expect(ask(simulation, 'fm', 'mem0', 'initiate-dynamic-capacity-add', { host: 'A', length: GIB, tag: '3f9c' }).says).toBe('');
	simulation.advance(100_000_000);
	return simulation;
}

describe('links of the map', () => {
	it('carry nothing before anybody loads or stores', () => {
		const fabric = fabricOf(oneDevice());
		const { links } = layoutMap(1010, 528, fabric);
		expect(links.map((link) => bandOf(fabric, link))).toMatchObject([
			{ read: 0, write: 0, label: null, isFull: false },
			{ read: 0, write: 0, label: null, isFull: false }
		]);
		expect(mapWords(fabric)).toContain('nothing has gone over it');
	});

	it('fill as far as they are used, in the hue of the host, and say it', () => {
		const simulation = oneDevice();
		expect(ask(simulation, 'orchestrator', 'A', 'launch', { app: 'writer', tag: '3f9c', kind: 'writer' }).says).toBe('');
		let fabric = fabricOf(simulation);
		for (let at = 0; at < 400 && fabric.streams.length === 0; at += 1) {
			simulation.advance(simulation.nowNs + 1_000_000);
			fabric = fabricOf(simulation);
		}
		expect(fabric.streams).toMatchObject([{ host: 'A', device: 'mem0', direction: 'write' }]);
		const { links } = layoutMap(1010, 528, fabric);
		const mine = links.find((link) => link.host === 'A')!;
		const status = fabric.links.find((one) => one.id === 'mem0:0')!;
		const band = bandOf(fabric, mine)!;
		expect(band).toMatchObject({ fill: 'host-a', read: 0 });
		// Half of the band leads to the media: its filled part is to it as what goes is to what can go.
		const half =
			(band.width * status.write.capacityBytesPerSecond) / (status.write.capacityBytesPerSecond + status.read.capacityBytesPerSecond);
		expect(band.write / half).toBeCloseTo(status.write.bytesPerSecond / status.write.capacityBytesPerSecond, 6);
		expect(
			bandOf(
				fabric,
				links.find((link) => link.host === 'B')!
			)
		).toMatchObject({ write: 0, label: null });
		expect(partWords(fabric, 'device', 'mem0').long).toContain(linkWords(status));
		expect(linkWords(status)).toContain('now towards the media');
		simulation.advance(simulation.nowNs + 60_000_000_000);
		fabric = fabricOf(simulation);
		expect(
			bandOf(
				fabric,
				layoutMap(1010, 528, fabric).links.find((link) => link.host === 'A')!
			)
		).toMatchObject({ write: 0, label: '0' });
		expect(linkWords(fabric.links.find((one) => one.id === 'mem0:0')!)).toMatch(/1\u2009GiB in [\d\u2009,]+ accesses so far/);
	});
});

describe('the shape of a window', () => {
	const shapeOf = (simulation: Simulation, host: string): InterleaveAnswer =>
		simulation.ask({ kind: 'interleave', host, window: 0 }) as InterleaveAnswer;
	const press = (simulation: Simulation, shape: InterleaveAnswer, part: 'ways' | 'granularity' | 'arithmetic', value: string | number) => {
		const command = interleaveCommand(shape, part, value);
		return ask(simulation, command.actor, command.at, command.execute, command.arguments);
	};
	function worldOf(count: number): Simulation {
		const targets = Array.from({ length: count }, (_, at) => `mem${at}`);
		return fabricSimulation({
			devices: targets.map((id) => ({ id, kind: 'sld' as const, hosts: ['A'], regions: [{ bytes: 4 * GIB }] })),
			hosts: [{ id: 'A', windows: [{ baseHpa: 0x10_0000_0000, bytes: 12 * GIB, targets, granularity: 256 }] }]
		});
	}

	it('every choice that is offered goes through, every other is refused with the reason that stood there', () => {
		for (const part of ['ways', 'granularity', 'arithmetic'] as const) {
			const { choices } = shapeOf(worldOf(12), 'A');
			expect(choices[part].filter((one) => one.chosen)).toHaveLength(1);
			for (const choice of choices[part]) {
				const simulation = worldOf(12);
				const outcome = press(simulation, shapeOf(simulation, 'A'), part, choice.value);
				expect([part, choice.value, outcome.ok, choice.refused === null]).toEqual([
					part,
					choice.value,
					choice.refused === null,
					choice.refused === null
				]);
				if (choice.refused === null) expect(shapeOf(simulation, 'A')[part]).toBe(choice.value);
				else expect(outcome.says).toContain(choice.refused);
			}
		}
	});

	it.each([3, 6, 12])('%i ways: the stripes are those that the addresses reach', (ways) => {
		const simulation = worldOf(12);
		expect(press(simulation, shapeOf(simulation, 'A'), 'ways', ways).ok).toBe(true);
		const translate = (hpa: number) => simulation.ask({ kind: 'translate', host: 'A', hpa }) as TranslationAnswer;
		const answer = translate(0x10_0000_0000 + 5 * ways * 256 + 300);
		const { firstRound, thisRound } = answer.window!;
		expect(new Set(firstRound).size).toBe(ways);
		expect(thisRound).toHaveLength(2 * ways);
		thisRound.forEach((way, at) => expect(translate(0x10_0000_0000 + (5 * ways + at) * 256).way).toBe(way));
		expect(thisRound[1]).toBe(answer.way);
	});

	it('XOR: each parity is that of the bits under its mask, and stripes stand in the order of the engine', () => {
		const simulation = worldOf(4);
		const outcome = press(simulation, shapeOf(simulation, 'A'), 'arithmetic', 'xor');
		expect(outcome.says).toBe('');
		const shape = shapeOf(simulation, 'A');
		expect(shapeWords(shape)).toBe('4 ways of 256\u2009B, XOR');
		const hpa = 0x10_0000_0000 + 0x20_2900;
		const { window } = simulation.ask({ kind: 'translate', host: 'A', hpa }) as TranslationAnswer;
		expect(window?.xorMasks).toEqual(shape.xorMasks.slice(0, 2));
		for (const [at, row] of maskRows(hpa, window!.xorMasks).entries()) {
			const mask = BigInt(window!.xorMasks[at]!);
			const ones = (BigInt(hpa) & mask).toString(2).replaceAll('0', '').length;
			expect(row.parity).toBe(ones % 2);
			expect(row.bits.map((one) => one.bit).toSorted((a, b) => a - b)).toEqual(maskBits(Number(mask)));
		}
		expect(new Set(window!.thisRound.slice(0, 4)).size).toBe(4);
	});

	it('a window of one way says so', () => {
		expect(shapeWords({ ways: 1, granularity: 256, arithmetic: 'modulo' })).toBe('1 way');
		expect(shapeWords({ ways: 8, granularity: 4096, arithmetic: 'modulo' })).toBe(`8 ways of 4\u2009KiB`);
	});
});
