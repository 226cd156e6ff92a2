import FlatQueue from 'flatqueue';
import { catalogueScenario } from '../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { COLUMNS } from '../../src/lib/engine/contract/layout.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { firstWord, startLog, syncLog } from '../../src/lib/engine/hypervisor/dirty-log.ts';
import { EventKind } from '../../src/lib/engine/sim/event-kinds.ts';
import { schedule, takeEvent } from '../../src/lib/engine/sim/event-queue.ts';
import type { VmRecord } from '../../src/lib/engine/state/records.ts';
import { compare, copyOf, median, percentile, timeMs, type Measured, type Variant } from './measure.ts';
import { keptBytes, number, ratioRow, WIDTH, type Row } from './rows.ts';
import { GIB, runToEnd, worldOf } from './worlds.ts';

export function sentPages(rounds: number): Row[] {
	const bytes = GIB;
	const pages = bytes / 4096;
	const variants: Variant[] = [copyOf('bytes kept', keptBytes(bytes, 1), pages)];
	for (const [name, rate] of [
		['idle guest', 0],
		['1 GB/s of random writes', 1e9]
	] as const) {
		let simulation = worldOf({ bytes, strategy: 'precopy', rateBytesPerSecond: rate });
		const probe = worldOf({ bytes, strategy: 'precopy', rateBytesPerSecond: rate });
		runToEnd(probe);
		const units = (probe.status().operations[0]?.networkBytes ?? 0) / 4104 + (probe.status().vms[0]?.writtenPages ?? 0);
		variants.push({
			name,
			units,
			prepare: () => {
				simulation = worldOf({ bytes, strategy: 'precopy', rateBytesPerSecond: rate });
			},
			run: () => runToEnd(simulation)
		});
	}
	return compare(variants, rounds)
		.slice(1)
		.map((measured) => ratioRow(`pre-copy, ${measured.name}: a page sent or written`, 'copy of the bytes kept', measured, null));
}

export function uniformMemory(): Row {
	const bytes = ((64 * GIB) / (2 * 1024 * 1024)) * (WIDTH[COLUMNS.blockWord.type] + WIDTH[COLUMNS.blockContent.type]);
	return {
		what: '64 GiB of uniform pages: block words and contents',
		floor: '',
		value: `${(bytes / 1e6).toFixed(3)} MB`,
		goal: 'at most 0.2 MB',
		met: bytes <= 200_000
	};
}

/** The record of an event in columns, taken from one end and put to the other: nothing is ordered. */
function ring(length: number, operations: number): Variant {
	const size = 2 ** Math.ceil(Math.log2(length + 1));
	const [time, order, a, b] = [0, 1, 2, 3].map(() => new Float64Array(size)) as [Float64Array, Float64Array, Float64Array, Float64Array];
	const kind = new Uint8Array(size);
	let head = 0;
	let tail = length;
	return {
		name: 'FIFO ring',
		units: operations,
		run: () => {
			for (let index = 0; index < operations; index += 1) {
				const event = {
					atNs: time[head] as number,
					order: order[head] as number,
					kind: kind[head] as number,
					a: a[head] as number,
					b: b[head] as number
				};
				head = (head + 1) & (size - 1);
				time[tail] = event.atNs + 1;
				order[tail] = event.order + 1;
				kind[tail] = event.kind;
				a[tail] = event.a;
				b[tail] = event.b;
				tail = (tail + 1) & (size - 1);
			}
			if (((tail - head) & (size - 1)) !== length) throw new Error('the ring lost an event');
		}
	};
}

export function events(rounds: number): Row[] {
	const rows: Row[] = [];
	for (const length of [16, 300]) {
		const { world } = worldOf({ bytes: GIB });
		let seed = 1;
		const ahead = (): number => 1 + ((seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0) >>> 12);
		while (world.r.eventPending > 0) takeEvent(world);
		for (let index = 0; index < length; index += 1) schedule(world, ahead(), EventKind.pinEnd, 0, 0);
		const queue = new FlatQueue<() => void>();
		const nothing = (): void => undefined;
		for (let index = 0; index < length; index += 1) queue.push(() => nothing(), ahead());
		const operations = 200_000;
		const flat: Variant = {
			name: 'flatqueue',
			units: operations,
			run: () => {
				for (let index = 0; index < operations; index += 1) {
					const at = queue.peekValue() ?? 0;
					queue.pop()?.();
					queue.push(() => nothing(), at + ahead());
				}
			}
		};
		const own: Variant = {
			name: 'event queue',
			units: operations,
			run: () => {
				for (let index = 0; index < operations; index += 1) {
					const event = takeEvent(world);
					world.r.nowNs = event.atNs;
					schedule(world, event.atNs + ahead(), EventKind.pinEnd, 0, 0);
				}
				if (world.r.eventPending !== length) throw new Error('the queue lost an event');
			}
		};
		const what = `event taken and put back, ${length} pending (rows that can be saved)`;
		rows.push(ratioRow(what, 'FIFO ring of the same record', compare([ring(length, operations), own], rounds)[1] as Measured, 15));
		rows.push(ratioRow(what, 'flatqueue with closures', compare([flat, own], rounds)[1] as Measured, null));
	}
	return rows;
}

export function dirtyLog(rounds: number): Row[] {
	const bytes = 64 * GIB;
	const { world } = worldOf({ bytes });
	const vm = world.r.vms[0] as VmRecord;
	const words = vm.pageCount / 32;
	const rows: Row[] = [];
	for (const share of [0.001, 0.1, 1]) {
		const every = Math.round(1 / share);
		const measured = compare(
			[
				copyOf('bitmap', words * 4, 1),
				{
					name: 'sync',
					units: 1,
					prepare: () => {
						startLog(world, vm, false);
						for (let block = 0; block < vm.guestBlockCount; block += every) {
							const at = vm.firstGuestBlock + block;
							world.c.kvmLog.fill(0x01010101, firstWord(vm) + block * 16, firstWord(vm) + (block + 1) * 16);
							world.c.guestLoggedCount.set(at, 64);
						}
						world.c.qemuBitmap.fill(0, firstWord(vm), firstWord(vm) + words);
						world.c.guestDirtyCount.fill(0, vm.firstGuestBlock, vm.firstGuestBlock + vm.guestBlockCount);
					},
					run: () => {
						if (syncLog(world, vm, true) !== Math.ceil(vm.guestBlockCount / every) * 64) throw new Error('the sync lost pages');
					}
				}
			],
			rounds
		);
		rows.push(
			ratioRow(`sync of the dirty log of 64 GiB, ${share * 100} % of the blocks written`, 'copy of the bitmap', measured[1] as Measured, 8)
		);
	}
	return rows;
}

export function seeking(): Row[] {
	const scenario = catalogueScenario('two-hosts-by-copy');
	const open = (): Simulation => {
		const opened = Simulation.open({ scenario });
		if (!opened.ok) throw new Error(opened.detail);
		return opened.value;
	};
	const simulation = open();
	const { untilNs } = simulation.world.scenario;
	simulation.advance(untilNs);
	const wanted = simulation.fingerprint();
	const kept = simulation.world.marks.length * 4096;
	const whole = median(
		[0, 1, 2].map(() => {
			const fresh = open();
			return timeMs(() => fresh.advance(untilNs));
		})
	);
	const copy = compare([copyOf('state', Math.min(kept, 256e6), 1)], 3)[0] as Measured;
	const times: number[] = [];
	let seed = 7;
	for (let round = 0; round < 40; round += 1) {
		seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
		const at = Math.floor((seed / 4294967296) * untilNs);
		times.push(timeMs(() => simulation.seek(at)));
	}
	simulation.seek(untilNs);
	if (simulation.fingerprint() !== wanted) throw new Error('seeking led elsewhere');
	const p95 = percentile(times, 0.95);
	const copyMs = copy.ns / 1e6;
	const { history } = simulation;
	const fingerprintMs = median([0, 1, 2, 3, 4].map(() => timeMs(() => void simulation.fingerprint())));
	const statusMs = median(Array.from({ length: 50 }, () => timeMs(() => void simulation.status())));
	return [
		{
			what: 'seek to a random moment of the catalogue’s pre-copy, 95th percentile',
			floor: `copy of its ${(kept / 1e6).toFixed(0)} MB`,
			value: `${number(p95 / copyMs)}x`,
			spread: `median ${number(median(times))} ms, p95 ${number(p95)} ms`,
			goal: 'at most 3x',
			met: p95 / copyMs <= 3
		},
		{
			what: 'the same',
			floor: 'the run from its start',
			value: `${number(p95 / whole)}x`,
			spread: `the run takes ${number(whole)} ms`,
			goal: '',
			met: null
		},
		{
			what: 'checkpoints of it',
			floor: '',
			value: `${(history.bytes / 1e6).toFixed(1)} MB in ${history.checkpoints.length}`,
			goal: 'at most the state',
			met: history.bytes <= kept
		},
		{ what: 'fingerprint of it', floor: '', value: `${number(fingerprintMs)} ms`, goal: '', met: null },
		{ what: 'status of it', floor: '', value: `${number(statusMs)} ms`, goal: '', met: null }
	];
}

export function freshWorld(): Row[] {
	const before = process.memoryUsage().rss;
	const { world } = worldOf({ bytes: 64 * GIB, pages: '4k' });
	const taken = process.memoryUsage().rss - before;
	const bytes = world.buffer.byteLength;
	return [
		{
			what: 'a fresh world with 64 GiB in 4 KiB pages: memory that is really taken',
			floor: `its buffer of ${(bytes / 1e6).toFixed(0)} MB`,
			value: `${(taken / 1e6).toFixed(0)} MB, ${((taken / bytes) * 100).toFixed(1)} %`,
			goal: '',
			met: null
		}
	];
}
