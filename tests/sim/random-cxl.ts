import type { Command } from '../../src/lib/engine/contract/commands.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import type { Chance } from '../support/chance.ts';
import { cxlArgs, type CxlTopology } from '../support/cxl.ts';

/** Random CXL topologies and what may be asked of them: commands of the tools, files of sysfs, programs, resets. */

const SHAPES: readonly CxlTopology[] = [
	{ bridges: [[512]] },
	{ bridges: [[256, 512]] },
	{ bridges: [[256, 256, 256, 256]] },
	{ bridges: [[256, 256, 256, 256]], switched: true },
	{
		bridges: [
			[256, 256],
			[256, 512]
		],
		windows: [
			{ targets: [0], gib: 1 },
			{ targets: [1], gib: 2 },
			{ targets: [0, 1], gib: 1, granularity: '1k' }
		]
	},
	{ bridges: [[256, 256]], persistent: true },
	{ bridges: [[512]], hypervisor: true }
];

export function randomCxlScenario(chance: Chance): unknown {
	const topology = chance.pick(SHAPES);
	return {
		switchyard: 1,
		id: 'random-cxl',
		title: 'random CXL',
		seed: chance.whole(0, 100_000),
		machines: [
			{
				id: 'm0',
				qemuArgs: cxlArgs(topology),
				append: chance.pick([
					'memhp_default_state=offline',
					'memhp_default_state=online_movable',
					'memhp_default_state=online',
					'memhp_default_state=online_kernel'
				])
			}
		],
		untilNs: 900_000_000_000
	};
}

const machine = 'm0';

export function randomCxlCommand(chance: Chance, simulation: Simulation): Command {
	const shell = (line: string): Command => ({ name: 'shell', machine, line });
	switch (chance.whole(0, 9)) {
		case 0:
		case 1:
		case 2:
			return shell(randomCreate(chance, simulation));
		case 3:
			return shell(
				`cxl ${chance.pick(['enable-region', 'disable-region', 'disable-region', 'destroy-region', 'destroy-region -f', 'disable-region -f'])} ${chance.pick(['all', 'region0', 'region0', 'region1'])}`
			);
		case 4:
			return shell(
				`timeout 20 daxctl ${chance.pick([
					'list',
					'offline-memory all',
					'online-memory all',
					'online-memory --no-movable dax0.0',
					'reconfigure-device -m devdax dax0.0',
					'reconfigure-device -f -m devdax all',
					'reconfigure-device -m system-ram -N dax0.0',
					'reconfigure-device -f -m system-ram all',
					'destroy-device -f dax0.0',
					'create-device -s 128M',
					'disable-device all',
					'enable-device all'
				])}`
			);
		case 5:
			return shell(`cxl list ${chance.pick(['', '-v', '-vv', '-vvv', '-R -u', '-M -i', '-D -d root'])}`);
		case 6:
			return randomWrite(chance, simulation);
		case 7:
		case 8:
			return { name: 'process', machine, process: chance.pick(['p', 'q']), words: randomWords(chance) };
		default:
			return chance.pick<Command>([
				{ name: 'process-end', machine, process: chance.pick(['p', 'q']) },
				{ name: 'signal', machine, call: simulation.world.r.calls.at(-1)?.id ?? 1 },
				{
					name: 'write-file',
					machine,
					path: '/sys/devices/system/memory/auto_online_blocks',
					value: chance.pick(['offline', 'online', 'online_movable'])
				},
				...(chance.once(5) ? [{ name: 'qmp' as const, machine, execute: 'system_reset' }] : [])
			]);
	}
}

function randomCreate(chance: Chance, simulation: Simulation): string {
	const memdevs = (simulation.world.r.cxl[0]?.memdevs ?? []).map((memdev) => `mem${memdev.id}`);
	const ways = chance.pick([1, 1, 2, 2, 4]);
	const names: string[] = [];
	while (names.length < ways && names.length < memdevs.length) {
		const name = chance.pick(memdevs);
		if (!names.includes(name)) names.push(name);
	}
	const size = chance.pick(['', '', '-s 256M', '-s 512M', '-s 300M']);
	const granularity = chance.pick(['', '', '-g 1024', '-g 16384', '-g 100']);
	return `cxl create-region -m -t ${chance.pick(['ram', 'ram', 'ram', 'pmem'])} -d decoder0.${chance.pick([0, 0, 1, 2])} -w ${ways} ${size} ${granularity} ${names.join(' ')}`;
}

function randomWrite(chance: Chance, simulation: Simulation): Command {
	const cxl = simulation.world.r.cxl[0];
	const endpoint = chance.pick(cxl?.ports.filter((port) => port.kind === 'endpoint').map((port) => port.id) ?? [2]);
	const [path, value] = chance.pick([
		['decoder0.0/create_ram_region', `region${chance.whole(0, 2)}`],
		['decoder0.0/delete_region', `region${chance.whole(0, 2)}`],
		[`decoder${endpoint}.${chance.whole(0, 2)}/mode`, chance.pick(['ram', 'pmem', 'x'])],
		[`decoder${endpoint}.${chance.whole(0, 2)}/dpa_size`, chance.pick(['0', '0x10000000', '0x20000000', '5'])],
		[`region${chance.pick([0, 0, 1])}/interleave_ways`, chance.pick(['1', '2', '3', '4'])],
		[`region${chance.pick([0, 0, 1])}/interleave_granularity`, chance.pick(['256', '1024', '77'])],
		[`region${chance.pick([0, 0, 1])}/size`, chance.pick(['0', '0x10000000', '0x20000000', '0x40000000'])],
		[
			`region${chance.pick([0, 0, 1])}/target${chance.whole(0, 3)}`,
			chance.pick(['', `decoder${endpoint}.${chance.whole(0, 2)}`, 'decoder1.0'])
		],
		[`region${chance.pick([0, 0, 1])}/commit`, chance.pick(['0', '1'])]
	] as const) as [string, string];
	return { name: 'write-file', machine, path: `/sys/bus/cxl/devices/${path}`, value };
}

function randomWords(chance: Chance): string {
	return chance.pick([
		'map a 64M',
		'bind a bind 1',
		'touch a',
		'check a',
		'vmsplice a 64K',
		'drain a',
		'pin a 64K',
		'map d 4M /dev/dax0.0',
		'touch d',
		'dirty d 2M',
		'check d',
		'unmap d',
		'fork',
		'unmap a'
	]);
}
