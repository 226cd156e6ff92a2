import { describe, expect, it } from 'vitest';
import { blockActions } from '../../../../src/lib/viz/rooms/actions.ts';
import { readFrames } from '../../../../src/lib/viz/rooms/frames.ts';
import { againX, laneMarks, laneOfBlock, laneOfFrames, tileMarks } from '../../../../src/lib/viz/rooms/lane-marks.ts';
import { ownersOf } from '../../../../src/lib/viz/rooms/sub-blocks.ts';
import { rulerOf } from '../../../../src/lib/viz/rooms/ruler.ts';
import { shownZone, targetBlock } from '../../../../src/lib/viz/rooms/target.ts';
import {
	cpuWords,
	describeBlock,
	describeFrame,
	describeRoom,
	describeScene,
	describeSubBlock
} from '../../../../src/lib/viz/rooms/words.ts';
import { machine, THREE_NODES } from '../../../support/machines.ts';
import { typed } from '../../../support/console.ts';
import { block, heldOffline, picture } from './pictured.ts';

describe('what keeps memory is told at every level', () => {
	it('block, head of its tile and one sub-block carry the same held page', () => {
		const { simulation, held } = heldOffline(2);
		const { scene, status, views, firstBlock } = picture(simulation);
		const own = block(scene, held);
		expect(laneOfBlock(own)).toMatchObject({ heldPages: 1, pinnedPages: 0, securePages: 0 });
		const head = tileMarks(scene, own, 113);
		expect(head.map(({ name, text }) => [name, text])).toContainEqual(['held', '1']);
		// Where there is no room the glyph stays, the number goes.
		expect(tileMarks(scene, own, 34).map(({ name }) => name)[0]).toBe('held');
		// A walk that tries turns a ring behind the number, unless it would meet what keeps the block.
		expect(againX(own, 34)).toBeNull();
		const ring = againX(own, 57) ?? NaN;
		expect(ring + 5.5).toBeLessThanOrEqual((tileMarks(scene, own, 57)[0]?.glyphX ?? NaN) - 5.5);
		const pfn = status.held[0]?.runs[0]?.[0] ?? -1;
		const sub = Math.floor(pfn / 512);
		const inside = laneOfFrames(readFrames(views, status, firstBlock + sub, sub * 512), ownersOf(status));
		expect(inside).toEqual({ heldPages: 1, pinnedPages: 0, securePages: 0, kernelPages: 0 });
	});

	it('marks of a head keep to its width and do not meet', () => {
		const { scene } = picture(machine(THREE_NODES));
		for (const own of scene.blocks)
			for (const width of [34, 41, 57, 113]) {
				let last = 0;
				for (const mark of tileMarks(scene, own, width).toReversed()) {
					expect(mark.glyphX - 5.5).toBeGreaterThanOrEqual(last);
					expect(mark.textX).toBeLessThanOrEqual(width);
					last = mark.textX;
				}
			}
	});
});

describe('the figure in words', () => {
	it('says that the walk tries, where it stands and that it does not end', () => {
		const { simulation, held } = heldOffline(2);
		const { scene } = picture(simulation);
		const text = describeBlock(scene, block(scene, held)).replaceAll('\u2009', ' ');
		expect(text).toMatch(new RegExp(`^memory${held}: zone Movable, going offline\\. `));
		expect(text).toMatch(
			/page of p0, area a: held by an extra reference \(pfn 0x[0-9a-f]+\), at sub-block \d+ of 64\. Tried [\d,]+ times\. No error, does not end\.$/
		);
		expect(describeScene(scene)).toContain(describeBlock(scene, block(scene, held)));
		expect(targetBlock(scene, null)).toBe(scene.blocks.indexOf(block(scene, held)));
	});

	it('says it at every level: block, sub-block, frame', () => {
		const { simulation, held } = heldOffline(2);
		const { scene, status, views, firstBlock } = picture(simulation);
		const pfn = status.held[0]?.runs[0]?.[0] ?? -1;
		const sub = Math.floor(pfn / 512);
		expect(describeSubBlock(scene, block(scene, held), sub % 64)).toBe(
			`Sub-block ${sub % 64} of memory${held}: of 512 pages 1 used, 511 free, held by an extra reference.`
		);
		expect(describeSubBlock(scene, block(scene, held), (sub + 1) % 64)).toBe(
			`Sub-block ${(sub + 1) % 64} of memory${held}: empty and isolated: in nobody’s free list.`
		);
		const frames = readFrames(views, status, firstBlock + sub, sub * 512);
		expect(describeFrame(status, frames, pfn % 512)).toMatch(
			/^Page frame 0x[0-9a-f]+: page 2,048 of p0, area a, held by an extra reference\.$/
		);
		expect(frames.kind.filter((kind) => kind === 'user')).toHaveLength(1);
		expect(frames.kind.filter((kind) => kind === 'free')).toHaveLength(511);
	});

	it('names rooms with what is free and what stays', () => {
		const { scene } = picture(machine(THREE_NODES, 'memhp_default_state=offline'));
		const room = scene.nodes[0]?.rooms[0];
		if (!room) throw new Error('there is no room');
		expect(describeRoom(scene, room)).toMatch(/^Node 0, zone DMA and DMA32: 4 blocks, .* free; .* of the kernel\.$/);
		expect(laneMarks(room.lane).map((mark) => mark.name)).toEqual(['kernel']);
		expect(describeScene(scene)).toContain('possible, not online');
		expect(cpuWords([0, 1, 2, 5])).toBe('CPUs 0–2, 5');
		expect(cpuWords([])).toBe('no CPU');
	});
});

describe('what can be asked of a block', () => {
	it.each(['online', 'online_movable', 'online_kernel', 'offline'])(
		'is the console’s line and the command that the console makes of it (%s)',
		(word) => {
			const simulation = machine(THREE_NODES, 'memhp_default_state=offline');
			for (const line of ['object_add memory-backend-ram,id=h0,size=128M', 'device_add pc-dimm,id=d0,memdev=h0,node=2'])
				typed(simulation, line);
			if (word === 'offline') typed(simulation, 'echo online_movable > /sys/devices/system/memory/memory32/state');
			const { scene } = picture(simulation);
			const action = blockActions(scene.machine, block(scene, 32)).find((one) => one.word === word);
			expect(action).toBeDefined();
			const answer = simulation.ask({ kind: 'console', machine: 'm', line: action?.line ?? '' });
			expect(answer).toMatchObject({ kind: 'command', command: action?.command });
		}
	);

	it('is a signal while the walk tries; the block then stays online', () => {
		const { simulation, held } = heldOffline(2);
		const { scene } = picture(simulation);
		const actions = blockActions(scene.machine, block(scene, held));
		expect(actions.map((action) => action.word)).toEqual(['signal']);
		const [signal] = actions;
		if (!signal) throw new Error('there is no action');
		expect(simulation.ask({ kind: 'console', machine: 'm', line: signal.line })).toMatchObject({
			kind: 'command',
			command: signal.command
		});
		simulation.send(signal.command);
		simulation.advance(simulation.nowNs + 1e9);
		const after = picture(simulation).scene;
		expect(block(after, held).status.state).toBe('online');
		expect(describeBlock(after, block(after, held))).toMatch(/EINTR: signal, stays as it was\.$/);
	});
});

describe('watermarks', () => {
	it('lie on a line that ends a little beyond the highest; free memory that goes on is cut', () => {
		const { scene } = picture(machine(THREE_NODES, 'memhp_default_state=offline'));
		const zone = shownZone(scene, null, 1)?.zone;
		if (!zone) throw new Error('there is no zone');
		const ruler = rulerOf(zone);
		expect(ruler.marks.map((mark) => mark.pages)).toEqual([zone.min, zone.low, zone.high, zone.promo]);
		expect(ruler.marks.map((mark) => mark.share)).toEqual([...ruler.marks.map((mark) => mark.share)].sort((a, b) => a - b));
		expect(ruler.cut).toBe(true);
		expect(ruler.state).toBe('above high');
		expect(rulerOf({ ...zone, freePages: zone.min - 1 }).state).toBe('below min');
		expect(rulerOf({ ...zone, freePages: zone.low - 1 }).state).toBe('below low');
		expect(rulerOf({ ...zone, freePages: zone.high - 1 })).toMatchObject({
			state: 'below high',
			cut: false
		});
	});
});
