/**
 * Goal: no order of wishes, onlining, programs, stops, migrations, resets and reloads breaks a statement about the world, and
 * every end of a driver's run and every answer of the device comes about.
 * Method: random commands on small machines of several kinds; all statements after each; counts at the end. The seed is printed.
 */
import { describe, expect, it } from 'vitest';
import { MIB } from '../../src/lib/base/units.ts';
import type { MachineCommand } from '../../src/lib/engine/contract/machine-commands.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { machine, type MachineOptions } from '../support/machines.ts';

const RAM = '-machine q35 -smp 2 -m 512M,maxmem=4G,slots=2 -object memory-backend-ram,id=mem0,size=1G';
const device = (more: string): string => `${RAM} -device pcie-root-port,id=rp0 -device virtio-mem-pci,bus=rp0,id=vm0,memdev=mem0${more}`;
const KINDS: readonly (readonly [args: string, append: string, options: MachineOptions])[] = [
	[device(''), 'memhp_default_state=online_movable', {}],
	[device(',requested-size=256M'), 'memhp_default_state=online_kernel', {}],
	[device(''), 'memory_hotplug.online_policy=auto-movable', {}],
	[device(',block-size=8M'), 'memhp_default_state=offline', {}],
	[device(',memaddr=0x104000000'), 'memhp_default_state=online_kernel', {}],
	[device(''), 'memhp_default_state=online_movable virtio_mem.force_bbm=1', {}],
	[device(''), 'memhp_default_state=online_kernel', { profile: 'rfc-v4-2020' }],
	[device(''), 'memhp_default_state=online_movable virtio_mem.unplug_online=0', { transientChancePpm: 20_000 }]
];

type Given = MachineCommand extends infer C ? (C extends unknown ? Omit<C, 'machine'> : never) : never;

function command(chance: Chance): Given {
	const block = 32 + chance.whole(0, 8);
	const process = chance.pick(['p', 'q']);
	switch (chance.whole(0, 15)) {
		case 0:
		case 1:
		case 2:
		case 3:
			return {
				name: 'qmp',
				execute: 'qom-set',
				arguments: { path: 'vm0', property: 'requested-size', value: chance.pick([0, 0, 8, 80, 128, 264, 512, 640, 1024]) * MIB }
			};
		case 4:
		case 5:
			return {
				name: 'write-file',
				path: `/sys/devices/system/memory/memory${block}/state`,
				value: chance.pick(['offline', 'online', 'online_kernel', 'online_movable'])
			};
		case 6:
			return { name: 'process', process, words: `map a ${chance.whole(1, 300)}M` };
		case 7:
			return { name: 'process', process, words: chance.pick(['touch a', 'mlock a', 'unmap a', 'free a']) };
		case 8:
			return { name: 'process', process, words: 'pin a' };
		case 9:
			return { name: 'process-end', process };
		case 10:
			return { name: 'qmp', execute: chance.pick(['migrate', 'migrate_cancel']), arguments: { uri: 'tcp:b:1' } };
		case 11:
			return { name: 'qmp', execute: chance.pick(['stop', 'cont', 'cont']) };
		case 12:
			return chance.once(4) ? { name: 'qmp', execute: 'system_reset' } : { name: 'qmp', execute: 'query-memory-devices' };
		case 13:
			return chance.once(3)
				? { name: 'module', module: 'virtio_mem', do: chance.pick(['load', 'unload']) }
				: { name: 'qmp', execute: 'query-status' };
		case 14:
			return { name: 'process', process, words: `pipefill ${chance.whole(1, 20)}M` };
		default:
			return chance.once(6) ? { name: 'qmp', execute: 'device_del', arguments: { id: 'vm0' } } : { name: 'qmp', execute: 'query-migrate' };
	}
}

const qmp = (execute: string, args: Record<string, string | number> = {}): Given => ({ name: 'qmp', execute, arguments: args });
const wish = (sizeMib: number): Given => qmp('qom-set', { path: 'vm0', property: 'requested-size', value: sizeMib * MIB });
/** What chance alone meets too rarely: wishes and a reset that find the device busy, and the end of that. */
const PRELUDE: readonly (readonly [Given, seconds: number])[] = [
	[wish(1024), 2],
	[wish(256), 2],
	[qmp('migrate', { uri: 'tcp:b:1' }), 0],
	[wish(1024), 1],
	[wish(0), 1],
	[qmp('system_reset'), 1],
	[qmp('migrate_cancel'), 120]
];

function look(simulation: Simulation, seen: Map<string, number>): void {
	const count = (what: string): void => {
		seen.set(what, (seen.get(what) ?? 0) + 1);
	};
	for (const each of simulation.world.r.virtioMems) {
		count(`driver ${each.driver.state}`);
		count(`run ${each.driver.lastResult}`);
		for (const state of new Set(each.driver.blockStates)) count(`block ${state}`);
	}
}

describe('virtio-mem under random commands', () => {
	const seen = new Map<string, number>();
	it.each(KINDS.map((kind, index) => [index, kind] as const))('kind %i', (index, [args, append, options]) => {
		const chance = new Chance(seedOr(4_127_000 + index));
		console.info(`seed ${chance.seed}`);
		for (let run = 0; run < 4; run += 1) {
			const simulation = machine(args, append, options);
			const given: string[] = [];
			for (let step = 0; step < 40; step += 1) {
				const [next, seconds] = (run === 0 ? PRELUDE[step] : undefined) ?? [command(chance), chance.pick([0, 0.001, 0.05, 2, 60])];
				given.push(JSON.stringify(next));
				simulation.send({ ...next, machine: 'm' });
				simulation.advance(simulation.nowNs + seconds * 1e9);
				const broken = simulation.check().checks.filter((check) => !check.holds);
				expect(broken, `seed ${chance.seed}, run ${run}, after\n${given.join('\n')}`).toEqual([]);
				look(simulation, seen);
			}
			for (const record of simulation.world.trace)
				if (record.kind === 'request' && record.values['answer'] !== undefined)
					seen.set(`${record.values['type']} ${record.values['answer']}`, 1);
		}
	});

	it('every answer, end of a run and block state came about', () => {
		const wanted = [
			...['PLUG ACK', 'PLUG BUSY', 'UNPLUG ACK', 'UNPLUG BUSY', 'UNPLUG_ALL ACK'],
			...['run OK', 'run EBUSY', 'run ETXTBSY', 'run ENOSPC', 'driver bound', 'driver absent', 'driver removed'],
			...['OFFLINE', 'OFFLINE_PARTIAL', 'KERNEL', 'KERNEL_PARTIAL', 'MOVABLE', 'MOVABLE_PARTIAL', 'UNUSED', 'ADDED'].map(
				(state) => `block ${state}`
			)
		];
		expect(wanted.filter((each) => !seen.has(each))).toEqual([]);
		expect([...seen.keys()].filter((each) => each === 'driver broken' || each === 'run EINVAL')).toEqual([]);
	});
});
