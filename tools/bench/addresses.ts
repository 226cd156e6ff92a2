import { resolve } from '../../src/lib/engine/fabric/address/resolve.ts';
import { resolveMany } from '../../src/lib/engine/fabric/address/batch.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { compare, timeMs } from './measure.ts';
import { number, type Row } from './rows.ts';

/** Host address to device address, one by one and in a batch, against the bare arithmetic of four ways in a loop. */
const GIB = 2 ** 30;
const TIB = 2 ** 40;
const COUNT = 200_000;
/** So often in one timed run: a run of a millisecond would measure the machine's other work. */
const REPEATS = 20;

function openFabric(fabric: Record<string, unknown>): Simulation {
	const opened = Simulation.open({ scenario: { switchyard: 1, id: 'bench', title: 'Bench', seed: 3, untilNs: 1e9, fabric, journal: [] } });
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	return opened.value;
}

function command(simulation: Simulation, at: string, execute: string, parameters: Record<string, unknown>): void {
	const outcome = simulation.send({ name: 'fabric', actor: 'fm', at, execute, arguments: parameters });
	if (!outcome.ok) throw new Error(`${execute} at ${at}: ${outcome.detail}`);
}

const BASE = 0x10_0000_0000;
const fourWays = (): Record<string, unknown> => {
	const targets = ['mem0', 'mem1', 'mem2', 'mem3'];
	return {
		hosts: [{ id: 'A', windows: [{ baseHpa: BASE, bytes: 64 * GIB, targets }] }],
		devices: targets.map((id) => ({ id, kind: 'sld', hosts: ['A'], regions: [{ bytes: 16 * GIB }] }))
	};
};

/** Addresses all over the window, the same in every run. */
function scattered(bytes: number): Float64Array {
	let state = 12345;
	return Float64Array.from({ length: COUNT }, () => {
		state = (state * 1103515245 + 12345) % 2 ** 31;
		return BASE + Math.floor((state / 2 ** 31) * bytes);
	});
}

export function translations(rounds: number): Row[] {
	const { world } = openFabric(fourWays());
	const hpas = scattered(64 * GIB);
	const devices = new Int32Array(COUNT);
	const dpas = new Float64Array(COUNT);
	let sum = 0;
	const measured = compare(
		[
			{
				name: 'arithmetic',
				units: COUNT * REPEATS,
				run: () => {
					for (let repeat = 0; repeat < REPEATS; repeat++)
						for (let index = 0; index < COUNT; index++) {
							const offset = (hpas[index] as number) - BASE;
							const row = Math.floor(offset / 256);
							devices[index] = row % 4;
							dpas[index] = Math.floor(row / 4) * 256 + (offset - row * 256);
						}
				}
			},
			{
				name: 'batch',
				units: COUNT * REPEATS,
				run: () => {
					for (let repeat = 0; repeat < REPEATS; repeat++) resolveMany(world, 'A', hpas, devices, dpas);
				}
			},
			{
				name: 'single',
				units: COUNT,
				run: () => {
					for (let index = 0; index < COUNT; index++) sum += resolve(world, 'A', hpas[index] as number).dpa;
				}
			}
		],
		rounds
	);
	if (sum <= 0) throw new Error('nothing was translated');
	return measured.slice(1).map(({ name, ns, ratio, least, most }) => ({
		what: `host address to device address, 4 ways, ${name === 'batch' ? '200,000 at once' : 'one by one'}`,
		floor: 'the bare arithmetic in a loop',
		value: `${number(ratio)}x (${number(1e3 / ns)} million a second)`,
		spread: `${number(least)} to ${number(most)}x`,
		goal: name === 'batch' ? '≤ 4x' : '',
		met: name === 'batch' ? ratio <= 4 : null
	}));
}

/** A pool of 64 TiB, 16 devices behind one PBR switch, 64 hosts with a window over all of it. */
export function widePool(): Row[] {
	const targets = Array.from({ length: 16 }, (_, index) => `gfd${index}`);
	const fabric = {
		hosts: Array.from({ length: 64 }, (_, index) => ({
			id: `H${index}`,
			windows: [{ baseHpa: 64 * TIB, bytes: 64 * TIB, targets, granularity: 4096 }]
		})),
		switches: [
			{ id: 'sw', kind: 'pbr', ports: 128, hosts: Array.from({ length: 64 }, (_, index) => ({ host: `H${index}`, port: index })) }
		],
		devices: targets.map((id, index) => ({
			id,
			kind: 'gfd',
			at: { switch: 'sw', port: 64 + index },
			regions: [{ bytes: 4 * TIB, blockBytes: 2 ** 28, sharable: true, hardwareCoherent: true }]
		}))
	};
	openFabric(fabric);
	let simulation: Simulation | null = null;
	const opened = timeMs(() => (simulation = openFabric(fabric)));
	const { world } = simulation as unknown as Simulation;
	const offered = timeMs(() => {
		for (const [index, device] of targets.entries()) {
			command(simulation as unknown as Simulation, device, 'gfd-dynamic-capacity-add', {
				partition: 0,
				group: 1,
				length: 4 * TIB,
				tag: `pool-${index}`
			});
			const entries = Array.from({ length: 64 }, (_, host) => ({ host: `H${host}`, groups: [1] }));
			command(simulation as unknown as Simulation, device, 'set-sat-entry', { entries });
		}
	});
	const step = TIB + 4096 * 3;
	let reached = 0;
	const walked = timeMs(() => {
		for (let host = 0; host < 64; host++)
			for (let place = 0; place < 60; place++) if (resolve(world, `H${host}`, 64 * TIB + place * step).ok) reached += 1;
	});
	if (reached !== 64 * 60) throw new Error(`${reached} of ${64 * 60} addresses reached`);
	return [
		{
			what: '64 TiB in 16 devices, 64 hosts: opened',
			floor: '',
			value: `${number(opened)} ms`,
			spread: '',
			goal: '≤ 1 s',
			met: opened <= 1000
		},
		{
			what: '64 TiB in 16 devices, 64 hosts: all of it offered to everybody, 32 commands',
			floor: '',
			value: `${number(offered)} ms`,
			spread: `${number((offered * 1000) / (targets.length * 2))} µs a command`,
			goal: '≤ 2 s',
			met: offered <= 2000
		},
		{
			what: '64 TiB in 16 devices, 64 hosts: one address asked for',
			floor: '',
			value: `${number((walked * 1000) / reached)} µs`,
			spread: '',
			goal: '≤ 1 ms',
			met: walked / reached <= 1
		}
	];
}
