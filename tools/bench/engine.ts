import FlatQueue from 'flatqueue';
import { catalogueScenario } from '../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { COLUMNS } from '../../src/lib/engine/contract/layout.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { firstWord, startLog, syncLog } from '../../src/lib/engine/hypervisor/dirty-log.ts';
import { EventKind } from '../../src/lib/engine/sim/event-kinds.ts';
import { schedule, takeEvent } from '../../src/lib/engine/sim/event-queue.ts';
import type { VmRecord } from '../../src/lib/engine/state/records.ts';
import { compare, copyOf, median, percentile, timeMs, type Measured, type Variant } from './measure.ts';
import { GIB, runToEnd, worldOf } from './worlds.ts';

export interface Row {
	readonly what: string;
	/** What the ratio is to, or nothing for a plain figure. */
	readonly floor: string;
	readonly value: string;
	readonly spread?: string;
	readonly goal: string;
	/** null where no goal was set. */
	readonly met: boolean | null;
}

const WIDTH = { u8: 1, u16: 2, u32: 4, f64: 8, u64: 8 } as const;
const number = (value: number): string => (value >= 100 ? value.toFixed(0) : value >= 10 ? value.toFixed(1) : value.toPrecision(2));

function ratioRow(what: string, floor: string, measured: Measured, goal: number | null): Row {
	return {
		what,
		floor,
		value: `${number(measured.ratio)}x`,
		spread: `${number(measured.least)} to ${number(measured.most)}; ${number(measured.ns)} ns each`,
		goal: goal === null ? '' : `at most ${goal}x`,
		met: goal === null ? null : measured.ratio <= goal
	};
}

/** Bytes that say where the pages of `bytes` are and what they hold, when `mixed` of their blocks keep a word per page. */
function keptBytes(bytes: number, mixed: number): number {
	const blocks = bytes / (2 * 1024 * 1024);
	const uniform = WIDTH[COLUMNS.blockWord.type] + WIDTH[COLUMNS.blockContent.type] + WIDTH[COLUMNS.mapWord.type];
	return Math.ceil(blocks * (uniform + mixed * 512 * WIDTH[COLUMNS.contentStamp.type]));
}

export function movedPages(rounds: number): Row[] {
	const bytes = GIB;
	const pages = bytes / 4096;
	const rows: Row[] = [];
	const full = copyOf('20 bytes a page', pages * 20, pages);
	for (const mixed of [0, 0.01, 0.1, 1]) {
		let simulation = worldOf({ bytes, strategy: 'transit', mixed });
		const transit: Variant = {
			name: 'transit',
			units: 2 * pages,
			prepare: () => {
				simulation = worldOf({ bytes, strategy: 'transit', mixed });
				simulation.advance(600e9, Infinity, ({ r }) => r.operations[0]?.phase === 'staging');
			},
			run: () => runToEnd(simulation)
		};
		const [, againstFull] = compare([full, transit], rounds) as [Measured, Measured];
		const what = `transit, ${mixed * 100} % of the blocks mixed: a page moved, with its events and records`;
		rows.push(ratioRow(what, 'copy of 20 B a page', againstFull, mixed === 0 ? 0.05 : null));
		if (mixed < 1) continue;
		const [, againstKept] = compare([copyOf('kept', keptBytes(bytes, mixed), pages), transit], rounds) as [Measured, Measured];
		rows.push(ratioRow('the same', 'copy of the bytes kept', againstKept, 7));
	}
	return rows;
}

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
	const bytes = (64 * GIB) / (2 * 1024 * 1024) * (WIDTH[COLUMNS.blockWord.type] + WIDTH[COLUMNS.blockContent.type]);
	return { what: '64 GiB of uniform pages: block words and contents', floor: '', value: `${(bytes / 1e6).toFixed(3)} MB`, goal: 'at most 0.2 MB', met: bytes <= 200_000 };
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
		const [, own] = compare(
			[
				{
					name: 'flatqueue',
					units: operations,
					run: () => {
						for (let index = 0; index < operations; index += 1) {
							const at = queue.peekValue() ?? 0;
							queue.pop()?.();
							queue.push(() => nothing(), at + ahead());
						}
					}
				},
				{
					name: 'event queue',
					units: operations,
					run: () => {
						for (let index = 0; index < operations; index += 1) {
							const event = takeEvent(world);
							world.r.nowNs = event.atNs;
							schedule(world, event.atNs + ahead(), EventKind.pinEnd, 0, 0);
						}
					}
				}
			],
			rounds
		) as [Measured, Measured];
		rows.push(ratioRow(`event taken and put back, ${length} pending (rows that can be saved)`, 'flatqueue with closures', own, null));
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
		rows.push(ratioRow(`sync of the dirty log of 64 GiB, ${share * 100} % of the blocks written`, 'copy of the bitmap', measured[1] as Measured, 8));
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
	const whole = median([0, 1, 2].map(() => {
		const fresh = open();
		return timeMs(() => fresh.advance(untilNs));
	}));
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
		{ what: 'seek to a random moment of the catalogue’s pre-copy, 95th percentile', floor: `copy of its ${(kept / 1e6).toFixed(0)} MB`, value: `${number(p95 / copyMs)}x`, spread: `median ${number(median(times))} ms, p95 ${number(p95)} ms`, goal: 'at most 3x', met: p95 / copyMs <= 3 },
		{ what: 'the same', floor: 'the run from its start', value: `${number(p95 / whole)}x`, spread: `the run takes ${number(whole)} ms`, goal: '', met: null },
		{ what: 'checkpoints of it', floor: '', value: `${(history.bytes / 1e6).toFixed(1)} MB in ${history.checkpoints.length}`, goal: 'at most the state', met: history.bytes <= kept },
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

export function largeRun(): Row[] {
	const simulation = worldOf({ bytes: 64 * GIB, strategy: 'precopy', pages: '4k', rateBytesPerSecond: 1e9, workingSetBytes: 4e9 });
	const ms = timeMs(() => runToEnd(simulation));
	const operation = simulation.status().operations[0];
	const pages = (operation?.networkBytes ?? 0) / 4104 + (simulation.status().vms[0]?.writtenPages ?? 0);
	const simulated = ((operation?.endNs ?? 0) - (operation?.startNs ?? 0)) / 1e9;
	return [
		{ what: '64 GiB in 4 KiB pages: whole pre-copy at 11.75 GB/s with 1 GB/s written', floor: '', value: `${(ms / 1e3).toFixed(1)} s`, spread: `${number((ms * 1e6) / pages)} ns a page sent or written, ${number(simulated / (ms / 1e3))} simulated seconds a second`, goal: '', met: null }
	];
}
