/**
 * Goal: the figure of a virtio-mem device says what the engine says. Method: measured experiments run in Node; scene,
 * layout, messages and draw list are made from the world's own arrays, and compared with the device's own figures.
 */
import { describe, expect, it } from 'vitest';
import { EXPERIMENTS } from '../../../../src/lib/engine/contract/scenario/catalogue/experiments/index.ts';
import type { MachineStatus, VirtioMemStatus } from '../../../../src/lib/engine/contract/machine-status.ts';
import { attach } from '../../../../src/lib/engine/contract/views.ts';
import { Simulation } from '../../../../src/lib/engine/index.ts';
import { insideOf, insideWords } from '../../../../src/lib/viz/virtio-mem/inside.ts';
import {
	bigUnits,
	bytesAt,
	cellBox,
	inPlay,
	layoutVirtioMem,
	shownBytes,
	unitBox,
	xOf
} from '../../../../src/lib/viz/virtio-mem/layout.ts';
import { askedOrder, formerRequest, messagesOf } from '../../../../src/lib/viz/virtio-mem/messages.ts';
import { changesOf, changeWords, onTheWay } from '../../../../src/lib/viz/virtio-mem/moves.ts';
import { paintVirtioMem } from '../../../../src/lib/viz/virtio-mem/paint.ts';
import { buildVirtioMem, Sub, type VirtioMemScene } from '../../../../src/lib/viz/virtio-mem/units.ts';
import { messageWords, stateSentence, virtioMemWords, wholeUnits } from '../../../../src/lib/viz/virtio-mem/words.ts';

const MIB = 2 ** 20;
const SECOND = 1_000_000_000;

interface Moment {
	readonly machine: MachineStatus;
	readonly device: VirtioMemStatus;
	readonly scene: VirtioMemScene;
	readonly simulation: Simulation;
	readonly nowNs: number;
}

function open(id: string): Simulation {
	const found = EXPERIMENTS.find((each) => each.id === id);
	if (!found) throw new Error(`no experiment ${id}`);
	const opened = Simulation.open({ scenario: found.scenario, limitBytes: 2 ** 32 });
	if (!opened.ok) throw new Error(opened.detail);
	return opened.value;
}
function at(simulation: Simulation, seconds: number): Moment {
	simulation.advance(seconds * SECOND);
	const status = simulation.status();
	const machine = status.machines[0]!;
	const device = machine.virtioMems[0]!;
	const memory = status.memories.find((one) => one.index === machine.memory)!;
	const views = attach(simulation.world.buffer);
	return {
		machine,
		device,
		simulation,
		nowNs: status.nowNs,
		scene: buildVirtioMem(views, machine, device, memory.firstBlock)
	};
}
const messages = ({ simulation, device }: Moment) => messagesOf(simulation.world.trace, device);

describe('the scene', () => {
	it('has as many plugged sub-blocks as the device has bytes, at every moment of V-1', () => {
		const simulation = open('v1-grow-and-shrink');
		for (const seconds of [0.5, 4, 9, 14, 19, 30]) {
			const { scene, device } = at(simulation, seconds);
			expect(scene.counts.plugged * scene.subBytes).toBe(device.pluggedBytes);
			expect(scene.units.length * device.unitBytes).toBe(device.regionBytes);
			expect(scene.units.filter((unit) => unit.usable).length).toBe(wholeUnits(device));
		}
	});
	it('keeps fifty pins apart from the kernel sub-block', () => {
		const { scene } = at(open('v4-fifty-pins'), 20);
		expect([scene.counts.pinned, scene.counts.kernel, scene.counts.plugged]).toEqual([50, 1, 51]);
	});
	it('has one cell per big block', () => {
		const { scene, device } = at(open('v3-big-blocks'), 3);
		expect([scene.subsPerUnit, scene.counts.plugged, device.unitBytes / MIB]).toEqual([1, 1, 128]);
		const layout = layoutVirtioMem(1010, 480, scene, null);
		expect(layout.squares).toEqual([]);
		expect(bigUnits(scene, layout)[0]!.unit.subs[0]).not.toBe(Sub.unplugged);
	});
	it('says what a region loses at its ends', () => {
		const misaligned = at(open('v10-misaligned'), 5).scene;
		expect(misaligned.lostHeadBytes).toBe(64 * MIB);
		const short = at(open('v9-short-region'), 5).scene;
		expect([short.lostHeadBytes, short.lostTailBytes]).toEqual([0, 44 * MIB]);
	});
	it('counts the pages of the sub-block that stopped it', () => {
		const moment = at(open('v4-fifty-pins'), 20);
		const views = attach(moment.simulation.world.buffer);
		const memory = moment.simulation.status().memories.find((one) => one.index === moment.machine.memory)!;
		const addr = moment.device.blocking[0]!.addr;
		const inside = insideOf(views, moment.machine, memory.firstBlock, addr, moment.scene.subBytes);
		expect([inside.pages, inside.pinned]).toEqual([512, 1]);
		expect(insideWords(inside)[0]).toBe('1 of its 512 pages is pinned.');
		expect(inside.firstKept * 4096).toBeGreaterThanOrEqual(addr);
		expect(inside.firstKept * 4096).toBeLessThan(addr + moment.scene.subBytes);
	});
});

describe('the messages', () => {
	it('merge like ones and keep the order in which blocks were asked for', () => {
		const moment = at(open('v1-grow-and-shrink'), 14);
		const list = messages(moment);
		const unplugs = list.filter((one) => one.kind === 'request' && one.type === 'UNPLUG');
		expect(unplugs).toHaveLength(1);
		expect(messageWords(unplugs[0]!, moment.device)).toEqual(['UNPLUG 64 × 4', 'ACK × 4 · memory36–39']);
		expect([...askedOrder(list)]).toEqual([
			[39, 1],
			[38, 2],
			[37, 3],
			[36, 4]
		]);
		expect(formerRequest(list, 512 * MIB)).toBe(1024 * MIB);
	});
	it('show a failure inside the guest as nothing sent, and BUSY as an answer', () => {
		const failed = messages(at(open('v4-fifty-pins'), 20)).at(-1)!;
		expect(failed.kind === 'failed' && failed.errno).toBe('EBUSY');
		const busy = messages(at(open('v5-busy-while-migrating'), 7));
		expect(busy.some((one) => one.kind === 'request' && one.answer === 'BUSY')).toBe(true);
	});
	it('lose no request: counts add up to the trace', () => {
		const moment = at(open('v1-grow-and-shrink'), 60);
		const sent = moment.simulation.world.trace.filter(
			(record) => record.kind === 'request' && record.values['answer'] !== undefined
		).length;
		const counted = messages(moment).reduce((sum, one) => sum + (one.kind === 'request' ? one.count : 0), 0);
		expect(counted).toBe(sent);
		expect(sent).toBeGreaterThan(100);
	});
});

describe('the layout', () => {
	it('narrow, is as high as what stands in it: a list below the figure must not make it grow with itself', () => {
		const { scene } = at(open('v4-fifty-pins'), 18);
		const heights = [300, 480, 2_000].map((given) => layoutVirtioMem(338, given, scene, null).height);
		expect(new Set(heights).size).toBe(1);
		expect(layoutVirtioMem(1010, 900, scene, null).height).toBe(900);
	});

	const { scene, device, machine } = at(open('v1-grow-and-shrink'), 9);
	it('puts amounts and addresses on one scale and reads it back', () => {
		for (const width of [360, 480, 1010, 1600]) {
			const layout = layoutVirtioMem(width, 480, scene, null);
			for (const bytes of [0, 80 * MIB, 1024 * MIB])
				expect(Math.round(bytesAt(layout.scale, xOf(layout.scale, bytes)) / MIB)).toBe(bytes / MIB);
			const first = unitBox(layout, scene, scene.units[0]!.id);
			expect(first.x).toBe(xOf(layout.scale, 0));
			expect(first.x + first.width).toBeCloseTo(xOf(layout.scale, 128 * MIB));
			for (const square of layout.squares) {
				expect(square.box.x + square.box.width).toBeLessThanOrEqual(width);
				if (!layout.narrow) expect(square.box.x + square.box.width).toBeLessThanOrEqual(layout.side.x);
			}
			expect(layout.strip.y + layout.strip.height).toBeLessThanOrEqual(layout.height);
		}
	});
	it('shows room to ask for more, and all of a region that is in use', () => {
		expect(shownBytes(device, machine.memoryBlockBytes)).toBeGreaterThan(device.usableBytes);
		expect(shownBytes({ ...device, usableBytes: device.regionBytes }, machine.memoryBlockBytes)).toBe(device.regionBytes);
	});
	it('magnifies what did not go before what is full, and always what is chosen', () => {
		expect(inPlay(scene, 3, null)).toEqual([37, 38, 39]);
		expect(inPlay(scene, 3, 33)).toContain(33);
		const pins = at(open('v4-fifty-pins'), 20).scene;
		expect(inPlay(pins, 4, null)).toEqual([32]);
	});
	it('tiles a square without gaps for 2, 32, 64 and 1,024 sub-blocks', () => {
		for (const count of [2, 32, 64, 1024]) {
			const square = { x: 10, y: 20, width: 136, height: 136 };
			const area = Array.from({ length: count }, (_, index) => cellBox(square, count, index)).reduce(
				(sum, cell) => sum + cell.width * cell.height,
				0
			);
			expect(area).toBe(136 * 136);
		}
	});
});

describe('motion', () => {
	it('ends in the same draw list as no motion, and begins with what was', () => {
		const simulation = open('v1-grow-and-shrink');
		const before = at(simulation, 9).device;
		const { scene } = at(simulation, 14);
		const layout = layoutVirtioMem(1010, 480, scene, null);
		const settled = paintVirtioMem(scene, layout).fingerprint();
		expect(paintVirtioMem(onTheWay(scene, before, 1), layout).fingerprint()).toBe(settled);
		expect(paintVirtioMem(onTheWay(scene, before, 0.5), layout).fingerprint()).not.toBe(settled);
		expect(onTheWay(scene, before, 0).units.reduce((sum, unit) => sum + unit.counts.plugged, 0)).toBe(512);
		const [first] = changesOf(scene, before);
		expect(scene.units[first!.unit]!.id).toBe(39);
		expect(first!.at).toBe(63);
		expect(changeWords(scene, before)).toEqual([
			'requested 1024 MiB to 512 MiB',
			'256 unplugged in memory39, memory38, memory37, memory36'
		]);
	});
});

describe('words', () => {
	it('tell the whole of it', () => {
		const moment = at(open('v4-fifty-pins'), 25);
		const words = virtioMemWords(moment.scene, moment.nowNs);
		expect(words).toContain('Requested 0, size 102\u2009MiB, 102\u2009MiB more than asked.');
		expect(words).toContain('51 sub-blocks stay: 1 kernel, 50 pinned.');
		expect(words).toContain('Next try in 31');
	});
	it.each([
		['v2-nobody-onlines', 10, /wait to be brought online/],
		['v8-two-gib-blocks', 2, /No block fits the usable region/],
		['v6-small-device-block', 4, /less than one sub-block|has what was requested/],
		['v5-busy-while-migrating', 7, /answered BUSY/],
		['v3-big-blocks', 4, /less than one big block/]
	])('%s: why nothing goes on', (id, seconds, expected) => {
		const { machine, device } = at(open(id), seconds);
		expect(stateSentence(machine, device)).toMatch(expected);
	});
});
