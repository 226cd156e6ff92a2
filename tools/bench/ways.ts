import type { StrategyId } from '../../src/lib/engine/contract/commands.ts';
import { checkAll } from '../../src/lib/engine/sim/invariants.ts';
import { INVARIANTS } from '../../src/lib/engine/whole/index.ts';
import { copyOf, timeMs } from './measure.ts';
import { number, type Row } from './rows.ts';
import { GIB, runToEnd, worldOf } from './worlds.ts';

/** Every way to move a VM, from the order to the end: guest pages moved in a second of real time, and what asserting costs. */

/** Ways that move a guest page by page, and those that change who may use its pages: their rows tell of maps and words alone. */
const BY_PAGE = ['precopy', 'postcopy', 'rdma', 'transit'] as const satisfies readonly StrategyId[];
const IN_PLACE = ['resident', 'shared-file'] as const satisfies readonly StrategyId[];
const WAYS: readonly StrategyId[] = [...BY_PAGE, ...IN_PLACE];

/** A copy of so many bytes a page is the floor: it touches as much memory and decides nothing. */
const FLOOR_BYTES = 20;

/** Guests of 4 and 64 GiB write 100 MB/s into an eighth of a GiB; the one of 512 GiB rests, so that each of its blocks is one word. */
export function pagesPerSecond(sizesGib: readonly number[] = [4, 64, 512], ways = WAYS): Row[] {
	const rows: Row[] = [];
	for (const gib of sizesGib) {
		const bytes = gib * GIB;
		const pages = bytes / 4096;
		const floor = copyOf('floor', pages * FLOOR_BYTES, pages);
		const floorMs = timeMs(() => floor.run());
		for (const strategy of ways) {
			const simulation = worldOf({
				bytes,
				strategy,
				rateBytesPerSecond: gib > 64 ? 0 : 1e8,
				workingSetBytes: GIB / 8
			});
			const ms = timeMs(() => runToEnd(simulation));
			const [operation] = simulation.status().operations;
			if (operation?.state !== 'completed') throw new Error(`${strategy} of ${gib} GiB: ${operation?.state ?? 'refused'}`);
			rows.push({
				what: `${gib} GiB by ${strategy}, ${gib > 64 ? 'idle' : '100 MB/s written'}: guest pages ${IN_PLACE.some((way) => way === strategy) ? 'handed over' : 'moved'} a second`,
				floor: `${number((pages / floorMs) * 1e3)} pages a second copied, ${FLOOR_BYTES} B each`,
				value: `${number((pages / ms) * 1e3)} pages/s`,
				spread: `${(ms / 1e3).toFixed(2)} s for ${((operation.endNs ?? 0) / 1e9).toFixed(2)} simulated, ${simulation.world.r.eventCount} events`,
				goal: '',
				met: null
			});
		}
	}
	return rows;
}

/** The same run of 4 GiB alone, and with every statement about the whole world checked each 10 ms of simulated time. */
export function assertions(): Row[] {
	return BY_PAGE.map((strategy) => {
		const world = () => worldOf({ bytes: 4 * GIB, strategy, rateBytesPerSecond: 1e8, workingSetBytes: GIB / 8 });
		const plain = world();
		const plainMs = timeMs(() => runToEnd(plain));
		const checked = world();
		let checks = 0;
		const checkedMs = timeMs(() => {
			for (let at = 10e6; checked.status().operations[0]?.endNs == null; at += 10e6) {
				checked.advance(at);
				const broken = checkAll(checked.world, INVARIANTS).filter(({ holds }) => !holds);
				if (broken.length > 0) throw new Error(`${strategy}: ${broken[0]?.id}: ${broken[0]?.found}`);
				checks += 1;
			}
		});
		return {
			what: `4 GiB by ${strategy}: every statement checked each 10 ms of simulated time`,
			floor: `${(plainMs / 1e3).toFixed(2)} s without`,
			value: `${(checkedMs / plainMs).toFixed(1)}×`,
			spread: `${checks} checks, ${number((checkedMs - plainMs) / Math.max(1, checks))} ms each`,
			goal: '',
			met: null
		};
	});
}
