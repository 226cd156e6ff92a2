import type { Command } from '../../src/lib/engine/contract/commands.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import type { Chance } from '../support/chance.ts';

/** Random Linux machines and what may be asked of them: sizes, policies and words that meet every rule now and then. */

const MIB = 2 ** 20;

export function randomMachine(chance: Chance): unknown {
	const ram = chance.pick([512, 768, 1024]);
	const nodes = chance.once(3) ? 1 : 2;
	const region = chance.pick([512, 1024, 2048]);
	const args = ['-machine', 'q35', '-smp', '2', '-m', `${ram}M,maxmem=${ram + 6144}M,slots=6`];
	args.push('-object', `memory-backend-ram,id=ram0,size=${ram}M`, '-numa', 'node,nodeid=0,cpus=0-1,memdev=ram0');
	if (nodes === 2) args.push('-numa', 'node,nodeid=1');
	const unit = chance.pick(['', ',block-size=4M', ',block-size=128M', ',block-size=1M']);
	args.push('-object', `memory-backend-ram,id=mem0,size=${region}M`);
	args.push('-device', `virtio-mem-pci,id=vm0,memdev=mem0,node=${nodes - 1}${unit}`);
	const append = [
		chance.pick([
			'',
			'',
			'memhp_default_state=online_movable',
			'memhp_default_state=offline',
			'memhp_default_state=online_kernel',
			'memory_hotplug.online_policy=auto-movable'
		]),
		chance.pick(['', '', 'transparent_hugepage=never', 'virtio_mem.force_bbm=1'])
	].join(' ');
	return {
		switchyard: 1,
		id: 'random',
		title: 'random',
		seed: chance.whole(0, 100_000),
		machines: [
			{
				id: 'm0',
				qemuArgs: args,
				append: append.trim(),
				swapBytes: chance.pick([0, 0, 256 * MIB]),
				transientChancePpm: chance.pick([0, 0, 20_000])
			}
		],
		untilNs: 600_000_000_000
	};
}

const PROCESSES = ['p0', 'p1', 'p2'];
const AREAS = ['a', 'b'];

function randomWords(chance: Chance, mapped: readonly string[]): string {
	// Mostly something that exists; now and then something that does not.
	const area = mapped.length > 0 && !chance.once(6) ? chance.pick(mapped) : chance.pick(AREAS);
	if (mapped.length === 0 && !chance.once(4)) return `map ${area} ${chance.pick(['1M', '20M', '100M'])}`;
	const node = chance.whole(0, 1);
	const size = chance.pick(['64K', '1M', '2M', '20M', '100M', '300M']);
	return chance.pick([
		`map ${area} ${size}`,
		`map ${area} ${size}`,
		`mapshared ${area} ${size}`,
		`mapsecure ${area} 4M`,
		`nothp ${area}`,
		`touch ${area}`,
		`touch ${area}`,
		`touch ${area}`,
		`read ${area}`,
		`bind ${area} ${chance.pick(['bind', 'preferred', 'interleave', 'weighted-interleave'])} ${chance.pick(['0', '1', '0-1'])}${chance.pick(['', '', ' move', ' strict,move', ' strict'])}`,
		`bind ${area} bind ${node} strict`,
		`bind ${area} bind ${1 - node} strict`,
		`bind ${area} bind ${1 - node} strict,move`,
		`bind ${area} default`,
		`mlock ${area}`,
		`munlock ${area}`,
		`pin ${area} ${chance.pick(['4K', '64K', '1M'])}`,
		`unpin ${area}`,
		`vmsplice ${area} 64K`,
		`drain ${area}`,
		`pipefill ${chance.pick(['1M', '16M'])}`,
		`move ${area} ${node}`,
		`move ${area} ${node} all`,
		`migrate 0 ${1 - node} ${node}`,
		`status ${area}`,
		`zones ${area}`,
		`check ${area}`,
		'fork',
		`unmap ${area}`,
		`unmap ${area} ${chance.pick(['4K', '64K', '1M', '2M'])}@${chance.pick(['0', '4K', '1M', '2M'])}`,
		`touch ${area} 4K@${chance.pick(['0', '2M', '4M'])}`,
		`maphuge ${area} ${size}`,
		`cpu ${chance.whole(0, 1)}`,
		'dance'
	]);
}

function randomProcess(chance: Chance, simulation: Simulation): Command {
	const known = (simulation.status().machines[0]?.processes ?? []).filter((each) => each.state === 'running');
	const process = known.length > 0 && !chance.once(5) ? (chance.pick(known) as { id: string }).id : chance.pick(PROCESSES);
	const areas =
		known
			.find((each) => each.id === process)
			?.areas.map((area) => area.name)
			.filter((name) => AREAS.includes(name)) ?? [];
	return { name: 'process', machine: 'm0', process, words: randomWords(chance, areas) };
}

export function randomMachineCommand(chance: Chance, simulation: Simulation): Command {
	const machine = 'm0';
	const memoryBlock = (): string => {
		const ids = simulation.status().machines[0]?.memoryBlocks.map((block) => block.id) ?? [];
		return String(chance.once(12) ? 4000 : chance.pick(ids.length > 0 ? ids : [0]));
	};
	const running = simulation.world.r.calls.filter((call) => call.state === 'running');
	switch (chance.whole(0, 9)) {
		case 0:
		case 1:
		case 2:
		case 3:
			return randomProcess(chance, simulation);
		case 4:
			return {
				name: 'write-file',
				machine,
				path: `/sys/devices/system/memory/memory${memoryBlock()}/state`,
				value: chance.pick(['offline', 'offline', 'online', 'online_movable', 'online_kernel', 'sideways'])
			};
		case 5:
		case 6:
			return {
				name: 'qmp',
				machine,
				execute: 'qom-set',
				arguments: {
					path: '/machine/peripheral/vm0',
					property: 'requested-size',
					value: chance.pick([0, 64, 128, 300, 512, 1000, 1024, 4096, 65]) * MIB + (chance.once(8) ? 4096 : 0)
				}
			};
		case 7:
			return chance.pick<Command>([
				{ name: 'qmp', machine, execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'd0', size: 256 * MIB } },
				{ name: 'qmp', machine, execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm0', memdev: 'd0', node: 0 } },
				{ name: 'qmp', machine, execute: 'device_del', arguments: { id: 'dimm0' } },
				{ name: 'qmp', machine, execute: 'migrate', arguments: { uri: 'tcp:127.0.0.1:4444' } },
				{ name: 'qmp', machine, execute: 'migrate_cancel' },
				{ name: 'qmp', machine, execute: 'query-memory-devices' },
				{ name: 'qmp', machine, execute: 'stop' },
				{ name: 'qmp', machine, execute: 'cont' },
				{ name: 'qmp', machine, execute: 'system_wakeup' },
				...(chance.once(4) ? [{ name: 'qmp' as const, machine, execute: 'system_reset' }] : []),
				{ name: 'qmp', machine, execute: 'sing' }
			]);
		case 8:
			return chance.pick<Command>([
				...(chance.once(3) ? [{ name: 'process-end' as const, machine, process: chance.pick(PROCESSES) }] : []),
				{ name: 'module', machine, module: 'virtio_mem', do: chance.pick(['load', 'unload']) },
				{ name: 'write-file', machine, path: '/sys/kernel/mm/numa/demotion_enabled', value: chance.pick(['true', 'false', 'maybe']) },
				{
					name: 'write-file',
					machine,
					path: '/sys/devices/system/memory/auto_online_blocks',
					value: chance.pick(['online', 'online_movable', 'offline', 'no'])
				},
				{ name: 'write-file', machine, path: '/proc/sys/vm/compact_memory', value: '1' },
				{
					name: 'write-file',
					machine,
					path: `/sys/devices/system/memory/${chance.pick(['hard', 'soft'])}_offline_page`,
					// The kernel's image, other boot memory, the device's memory, and what is not there at all.
					value: String(chance.pick([2 ** 24, 2 ** 27, 2 ** 32, 2 ** 32 + 2 ** 27, 2 ** 40]) + chance.whole(0, 8191) * 4096)
				},
				{ name: 'write-file', machine, path: '/proc/sys/vm/nr_hugepages', value: String(chance.pick([0, 4, 64, 1000])) },
				...(chance.once(6) ? [{ name: 'write-file' as const, machine, path: '/sys/power/state', value: 'mem' }] : []),
				{ name: 'write-file', machine, path: '/sys/class/rtc/rtc0/wakealarm', value: chance.pick(['+5', '0']) },
				{ name: 'write-file', machine, path: '/sys/nowhere', value: '1' }
			]);
		default:
			return { name: 'signal', machine, call: running.length > 0 ? (chance.pick(running) as { id: number }).id : 1 };
	}
}
