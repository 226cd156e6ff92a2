import type { Simulation } from '../../src/lib/engine/index.ts';
import { bytesTouched, machineOf, scatter, words } from './machines.ts';
import { median, timeMs } from './measure.ts';
import { number, type Row } from './rows.ts';
import { GIB } from './worlds.ts';

/**
 * The same work on ever larger machines: booted, then three quarters of the memory touched. What it costs per GiB should not
 * grow. Uniform: huge pages in fresh memory. Fragmented: every 64th part of memory is scattered before, and a 128th is touched
 * in the single pages that this leaves; more than 24 GiB in full detail no machine may have.
 */
const SIZES_GIB = [4, 16, 64, 256, 1024];

interface Grown {
	readonly gib: number;
	readonly ms: number;
	readonly bytes: number;
}

function grown(gib: number, fragmented: boolean, rounds: number): Grown {
	const prepare = (simulation: Simulation): Simulation => {
		if (fragmented) scatter(simulation, 0, (gib * GIB) / 4096 / 64);
		return simulation;
	};
	const single = (gib * 1024) / 128;
	const touch = (simulation: Simulation): void => {
		if (fragmented) words(simulation, `map b ${single}M`, 'nothp b', 'touch b');
		words(simulation, `map a ${gib * 768}M`, 'hugep a', 'touch a');
	};
	const times = Array.from({ length: rounds }, () => {
		const boot = timeMs(() => void machineOf(`-m ${gib}G`));
		const simulation = prepare(machineOf(`-m ${gib}G`));
		return boot + timeMs(() => touch(simulation));
	});
	const last = machineOf(`-m ${gib}G`);
	const bytes = bytesTouched(last, () => touch(prepare(last)));
	return { gib, ms: median(times), bytes };
}

export function growth(quick: boolean): Row[] {
	const sizes = quick ? SIZES_GIB.filter((gib) => gib === 4 || gib === 64 || gib === 1024) : SIZES_GIB;
	return [false, true].flatMap((fragmented) => {
		// Thrown away: code that runs for the first time is slow.
		grown(4, fragmented, 2);
		const all = sizes.map((gib) => grown(gib, fragmented, quick ? 1 : 3));
		const [least, most] = [all[0], all.at(-1)] as [Grown, Grown];
		const per = (pick: (one: Grown) => number) => (pick(most) / most.gib / (pick(least) / least.gib)).toPrecision(2);
		const what = `${least.gib} GiB to 1 TiB of simulated memory, ${fragmented ? 'fragmented' : 'uniform'}: booted and three quarters touched`;
		return [
			{
				what: `${what}, time per GiB`,
				floor: `${least.gib} GiB`,
				value: `${per(({ ms }) => ms)}x`,
				spread: listed(all, ({ gib, ms }) => `${number(ms / gib)} ms`),
				goal: '',
				met: null
			},
			{
				what: `${what}, state written per GiB`,
				floor: `${least.gib} GiB`,
				value: `${per(({ bytes }) => bytes)}x`,
				spread: listed(all, ({ gib, bytes }) => `${number(bytes / gib / 1e3)} kB`),
				goal: '',
				met: null
			}
		];
	});
}

const listed = (all: readonly Grown[], say: (one: Grown) => string): string =>
	`a GiB: ${all.map((one) => `${say(one)} of ${one.gib}`).join(', ')}`;
