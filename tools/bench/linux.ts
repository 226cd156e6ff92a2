import type { Simulation } from '../../src/lib/engine/index.ts';
import { pfnOfFrame } from '../../src/lib/engine/mm/os/os.ts';
import { areasOf } from '../../src/lib/engine/mm/space/areas.ts';
import { frameOf } from '../../src/lib/engine/mm/space/mapping.ts';
import { ask, bytesTouched, machineOf, scatter, words } from './machines.ts';
import { compare, copyOf, type Measured } from './measure.ts';
import { ratioRow, type Row } from './rows.ts';
import { GIB } from './worlds.ts';

/**
 * What Linux does with its pages, with all that a run does: events, records, checkpoints. The floor is a copy of the state
 * that the same work writes to, in pieces of 4 KiB.
 */
const KINDS = [
	{ name: 'huge pages', advice: 'hugep a', scattered: false },
	{ name: '4 KiB pages', advice: 'nothp a', scattered: false },
	{ name: '4 KiB pages in scattered memory', advice: 'nothp a', scattered: true }
] as const;

const MIB = 1024 * 1024;
const AREA_PAGES = (256 * MIB) / 4096;
const BLOCK_PAGES = (128 * MIB) / 4096;

interface Work {
	readonly what: string;
	/** Units of work in one run. */
	readonly units: number;
	/** Makes the world that `run` works on. */
	readonly open: () => Simulation;
	readonly run: (simulation: Simulation) => void;
	/** Whether each round needs a world of its own: the work does not lead back to where it began. */
	readonly fresh: boolean;
}

function measured({ what, units, open, run, fresh }: Work, rounds: number): Row {
	let simulation = open();
	const bytes = bytesTouched(simulation, () => run(simulation));
	simulation = open();
	const work = {
		name: what,
		units,
		prepare: () => {
			if (fresh) simulation = open();
		},
		run: () => run(simulation)
	};
	const [, result] = compare([copyOf('state', bytes, units), work], rounds) as [Measured, Measured];
	return ratioRow(what, `copy of the ${(bytes / 1e6).toPrecision(3)} MB it writes to`, result, null);
}

export function allocated(rounds: number): Row[] {
	return KINDS.map(({ name, advice, scattered }) =>
		measured(
			{
				what: `256 MiB in ${name}: a page touched for the first time and given back`,
				units: AREA_PAGES,
				fresh: false,
				open: () => {
					const simulation = machineOf('-m 6G');
					if (scattered) scatter(simulation, 0, 2.25 * AREA_PAGES);
					return simulation;
				},
				run: (simulation) => {
					words(simulation, 'map a 256M', advice, 'touch a', 'unmap a');
				}
			},
			rounds
		)
	);
}

const TWO_NODES = [
	'-m 8G -object memory-backend-ram,id=b0,size=4G -object memory-backend-ram,id=b1,size=4G',
	'-numa node,nodeid=0,cpus=0-1,memdev=b0 -numa node,nodeid=1,memdev=b1'
].join(' ');

export function migrated(rounds: number): Row[] {
	return KINDS.map(({ name, advice, scattered }) =>
		measured(
			{
				what: `256 MiB in ${name}: a page moved to another node by move_pages`,
				units: 2 * AREA_PAGES,
				fresh: false,
				open: () => {
					const simulation = machineOf(TWO_NODES);
					if (scattered) for (const node of [0, 1]) scatter(simulation, node, 2.25 * AREA_PAGES);
					words(simulation, 'map a 256M', advice, 'bind a bind 0', 'touch a', 'bind a default');
					return simulation;
				},
				run: (simulation) => {
					for (const node of [1, 0]) {
						const before = movedPages(simulation);
						words(simulation, `move a ${node}`);
						if (movedPages(simulation) - before !== AREA_PAGES) throw new Error(`${movedPages(simulation) - before} pages moved`);
					}
				}
			},
			rounds
		)
	);
}

const movedPages = ({ world }: Simulation): number => world.r.oses[0]?.counters['pgmigrate_success'] ?? 0;

export function offlined(rounds: number): Row[] {
	return KINDS.map(({ name, advice, scattered }) =>
		measured(
			{
				what: `a memory block of 128 MiB full of ${name} goes offline: a page moved away`,
				units: BLOCK_PAGES,
				fresh: true,
				open: () => {
					const simulation = machineOf('-m 6G', 'movablecore=4G');
					words(simulation, 'map a 512M', advice, 'touch a');
					// The others stay whole until the block's own pages lie: what is scattered is where they go.
					if (scattered) scatter(simulation, 0, 2.25 * BLOCK_PAGES);
					return simulation;
				},
				run: (simulation) => {
					const moved = ask(simulation, {
						name: 'write-file',
						path: `/sys/devices/system/memory/memory${blockOfArea(simulation)}/state`,
						value: 'offline'
					}).movedPages;
					if (moved !== BLOCK_PAGES) throw new Error(`${moved} pages moved`);
				}
			},
			rounds
		)
	);
}

/** The memory block that holds the middle of the area. */
function blockOfArea({ world }: Simulation): number {
	const [area] = areasOf(world, 0, 'p').filter((candidate) => candidate.name === 'a');
	if (!area) throw new Error('there is no area');
	return Math.floor(pfnOfFrame(world, 0, frameOf(world, area, 0, area.pageCount / 2)) / BLOCK_PAGES);
}

const DEVICE_BYTES = 64 * GIB;
const SUB_BLOCKS = DEVICE_BYTES / (2 * MIB);
const DEVICE = '-m 6G,maxmem=80G,slots=4 -object memory-backend-ram,id=mem0,size=64G -device virtio-mem-pci,id=vm0,memdev=mem0';

function wish(simulation: Simulation, bytes: number): void {
	ask(simulation, { name: 'qmp', execute: 'qom-set', arguments: { path: 'vm0', property: 'requested-size', value: bytes } });
	const size = (): number => simulation.world.r.virtioMems[0]?.pluggedBytes ?? -1;
	if (size() !== bytes) simulation.advance(simulation.nowNs + 3600e9, Infinity, () => size() === bytes);
	if (size() !== bytes) throw new Error(`${size()} of ${bytes} bytes are plugged`);
}

export function plugged(rounds: number): Row[] {
	const open = (): Simulation => machineOf(DEVICE, 'memhp_default_state=online_movable');
	const plug = measured(
		{
			what: '64 GiB plugged by virtio-mem: a sub-block of 2 MiB',
			units: SUB_BLOCKS,
			fresh: true,
			open,
			run: (simulation) => wish(simulation, DEVICE_BYTES)
		},
		rounds
	);
	const unplug = [
		{ name: 'nothing in use', advice: null },
		...KINDS.filter(({ scattered }) => !scattered).map(({ name, advice }) => ({ name: `1 GiB of it in use in ${name}`, advice }))
	].map(({ name, advice }) =>
		measured(
			{
				what: `64 GiB unplugged by virtio-mem, ${name}: a sub-block of 2 MiB`,
				units: SUB_BLOCKS,
				fresh: true,
				open: () => {
					const simulation = open();
					wish(simulation, DEVICE_BYTES);
					if (advice !== null) words(simulation, 'map a 1024M', advice, 'touch a');
					return simulation;
				},
				run: (simulation) => wish(simulation, 0)
			},
			rounds
		)
	);
	return [plug, ...unplug];
}
