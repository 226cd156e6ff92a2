import { frameOf } from '../../src/lib/engine/mm/space/mapping.ts';
import { mapByReference, passExtents } from '../../src/lib/engine/migration/adopt.ts';
import type { OperationRecord, VmRecord } from '../../src/lib/engine/state/records.ts';
import { compare, copyOf, median, timeMs, type Measured, type Variant } from './measure.ts';
import { keptBytes, number, ratioRow, type Row } from './rows.ts';
import { GIB, runToEnd, worldOf } from './worlds.ts';

/** A VM that moves by reference: the take-over alone, batches with all that a run does, and whole runs. */

const MIXED = [0, 0.01, 0.1, 1] as const;
/** State bytes of a page in a flat design: node 8 bit, flags 8, references 16, dirty 1 bit … rounded as for the goal. */
const STATE_BYTES = 4.125;
/** One take-over is too short to be timed alone. */
const REPEATS = 20;

/**
 * What the take-over does to the state of 64 GiB: the target maps every page through its own decoder, the extents change
 * their node, the source's mapping goes, the pages are counted anew. No event, no checkpoint.
 */
export function relabelled(rounds: number): Row[] {
	const bytes = 64 * GIB;
	const pages = bytes / 4096;
	const goals = { 0: 0.05, 0.01: 0.1, 0.1: 1, 1: 7 } as const;
	return MIXED.map((mixed) => {
		const simulation = worldOf({ bytes, strategy: 'transit', mixed });
		simulation.advance(600e9, Infinity, ({ r }) => r.operations[0]?.phase === 'publish');
		const { world } = simulation;
		const operation = world.r.operations[0] as OperationRecord;
		const vm = world.r.vms[0] as VmRecord;
		const firstFrame = frameOf(world, vm, vm.running, 0);
		const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
		const takeOver = (): void => {
			const mapped = mapByReference(world, operation);
			if (!mapped.ok || mapped.value !== pages) throw new Error('not every page was mapped');
			passExtents(world, operation, operation.phaseCauseSeq);
			// Home again next time: the same work in the other direction.
			[operation.source, operation.target] = [operation.target, operation.source];
			if (vm.pagesByMemory[pool] !== pages || frameOf(world, vm, vm.running, 0) !== firstFrame) throw new Error('pages lie elsewhere');
			if (frameOf(world, vm, 1 - vm.running, pages - 1) >= 0) throw new Error('the source still maps a page');
		};
		const variant: Variant = {
			name: 'take-over',
			units: REPEATS * pages,
			run: () => {
				for (let repeat = 0; repeat < REPEATS; repeat += 1) takeOver();
			}
		};
		const [, measured] = compare([copyOf('state', pages * STATE_BYTES, pages), variant], rounds) as [Measured, Measured];
		return ratioRow(
			`64 GiB taken over by reference, ${mixed * 100} % of the blocks mixed: a page mapped by the target, its extent passed, unmapped at the source, counted; no events`,
			`copy of ${STATE_BYTES} B a page`,
			measured,
			goals[mixed]
		);
	});
}

/** The whole transit after its preparation: batches there and back, hand-off, release. */
export function movedPages(rounds: number): Row[] {
	const bytes = 4 * GIB;
	const pages = bytes / 4096;
	const rows: Row[] = [];
	for (const mixed of MIXED) {
		let simulation = worldOf({ bytes, strategy: 'transit', mixed });
		let eventsBefore = 0;
		const transit: Variant = {
			name: 'transit',
			units: 2 * pages,
			prepare: () => {
				simulation = worldOf({ bytes, strategy: 'transit', mixed });
				simulation.advance(600e9, Infinity, ({ r }) => r.operations[0]?.phase === 'staging');
				eventsBefore = simulation.world.r.eventCount;
			},
			run: () => runToEnd(simulation)
		};
		const what = `transit of 4 GiB, ${mixed * 100} % of the blocks mixed: a page moved, with its events and records`;
		const [, full] = compare([copyOf('20 bytes a page', pages * 20, pages), transit], rounds) as [Measured, Measured];
		const events = simulation.world.r.eventCount - eventsBefore;
		const row = ratioRow(what, 'copy of 20 B a page', full, null);
		rows.push({ ...row, spread: `${row.spread ?? ''}; ${number((full.ns * 2 * pages) / events / 1000)} µs an event` });
		if (mixed < 1) continue;
		const [, kept] = compare([copyOf('kept', keptBytes(bytes, mixed), pages), transit], rounds) as [Measured, Measured];
		rows.push(ratioRow('the same', 'copy of the bytes kept', kept, 7));
	}
	return rows;
}

/** 64 GiB in 4 KiB pages from the order to the end, both ways, checkpoints and records included. */
export function wholeRuns(): Row[] {
	const pages = (64 * GIB) / 4096;
	const rows: Row[] = [];
	for (const [strategy, rate] of [
		['transit', 0],
		['transit', 1e9],
		['precopy', 1e9]
	] as const) {
		const times: number[] = [];
		let simulated = 0;
		let moved = 0;
		for (let round = 0; round < 2; round += 1) {
			const simulation = worldOf({
				bytes: 64 * GIB,
				strategy,
				pages: '4k',
				rateBytesPerSecond: rate,
				workingSetBytes: 4e9,
				checkpointBytes: 64 * 1024 * 1024
			});
			times.push(timeMs(() => runToEnd(simulation)));
			const operation = simulation.status().operations[0];
			simulated = ((operation?.endNs ?? 0) - (operation?.startNs ?? 0)) / 1e9;
			moved =
				(strategy === 'transit' ? 2 * pages : (operation?.networkBytes ?? 0) / 4104) + (simulation.status().vms[0]?.writtenPages ?? 0);
		}
		const ms = median(times);
		rows.push({
			what: `64 GiB in 4 KiB pages: whole ${strategy === 'transit' ? 'transit' : 'pre-copy at 11.75 GB/s'}, ${rate === 0 ? 'idle guest' : `${rate / 1e9} GB/s written in 4 GB`}`,
			floor: '',
			value: `${(ms / 1e3).toFixed(2)} s`,
			spread: `${number((ms * 1e6) / moved)} ns a page moved or written, ${number(simulated / (ms / 1e3))} simulated seconds a second`,
			goal: '',
			met: null
		});
	}
	return rows;
}
