import { GIB, MIB } from '../../src/lib/base/units.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import { BLOCKING_DEVICES } from '../../src/lib/engine/contract/migration/blockers.ts';
import { onlyMigratableProblem } from '../../src/lib/engine/migration/qemu/blocked.ts';
import type { RecordedCase } from './case.ts';
import { blockingDevices, lackingAt, readMachine, sizeOf, type RecordedMachine } from './migration-machine.ts';

/** A world for a case of the family migration: two hosts, one VM with the memory and the devices of the recorded command line. */

export const VM = 'vm';
export const SOURCE = 'A';
export const TARGET = 'B';

/** A Linux guest that has booted has written about so much; recorded: 29,450 pages that are not zero. */
const BOOTED_BYTES = 115 * MIB;
/** Of private memory plugged in beside it such a guest has written so much; recorded: 5,729 pages (migration case 43). */
const BOOTED_DIMM_BYTES = 22 * MIB;
const BLOCK = 128 * MIB;
/** "Without limit" in an emulated guest: 200,000 pages a second, far beyond what its link carries. */
export const UNLIMITED_BYTES_PER_SECOND = 200_000 * 4096;

export interface Opened {
	readonly simulation: Simulation;
	/** What a start with --only-migratable answers; null: QEMU starts. */
	readonly onlyMigratable: string | null;
}

const argsOf = (value: unknown): string[] => (Array.isArray(value) ? value.map(String) : []);

/** The machine of the case; what stands in `config` beside the command line goes before it. */
export function sourceMachine({ config }: RecordedCase): RecordedMachine {
	const read = readMachine(argsOf(config['qemu_args']));
	return {
		...read,
		bytes: config['memory'] === undefined ? read.bytes || 256 * MIB : sizeOf(config['memory']),
		cpus: config['vcpus'] === undefined ? read.cpus : Number(config['vcpus'])
	};
}

/** The machine that waits, by what the recording says of it: the same, unless a line that begins with "destination" says otherwise. */
export function targetMachine(recorded: RecordedCase): RecordedMachine {
	const { config } = recorded;
	const source = sourceMachine(recorded);
	const whole = argsOf(config['destination_qemu_args'] ?? config['destination_args']);
	const more = argsOf(config['destination_extra_args'] ?? config['destination_devices']);
	const given = whole.length > 0 ? readMachine(whole) : more.length > 0 ? readMachine([...argsOf(config['qemu_args']), ...more]) : null;
	return {
		...(given ?? source),
		bytes: config['destination_memory'] === undefined ? given?.bytes || source.bytes : sizeOf(config['destination_memory']),
		cpus: Number(config['destination_vcpus'] ?? given?.cpus ?? source.cpus),
		type: String(config['destination_machine'] ?? given?.type ?? source.type)
	};
}

export function openMigration(recorded: RecordedCase): Opened {
	const machine = sourceMachine(recorded);
	const target = targetMachine(recorded);
	const loads = recorded.steps.filter((step) => step.op === 'guest-load').map((step) => sizeOf(step['working_set']));
	const booted = recorded.config['guest_booted'] !== false;
	const wanted = Math.ceil((BOOTED_BYTES + Math.max(0, ...loads)) / BLOCK) * BLOCK;
	const mounted = recorded.steps.some((step) => step.op === 'guest-shell' && /mount/.test(String(step['what'] ?? '')));
	const blocking = blockingDevices(machine, mounted);
	const file = machine.backend === 'file';
	// Shared files beside the machine's memory are left out with it (migration/ram.c, migrate_ram_is_ignored).
	const ignored = argsOf(recorded.config['capabilities']).includes('x-ignore-shared');
	const blocks = machine.devices.flatMap(({ block, driver }) => (block && !(ignored && block.byName) ? [{ ...block, driver }] : []));
	const beside = blocks.reduce((sum, { bytes }) => sum + bytes, 0);
	const used = blocks.filter(({ driver }) => driver === 'pc-dimm').reduce((sum, { bytes }) => sum + bytes, 0);
	const lacks = lackingAt(machine, target);
	const objection = blocking.map(({ name }) => onlyMigratableProblem(BLOCKING_DEVICES[name])).find((text) => text !== null) ?? null;
	const scenario = {
		switchyard: 1,
		id: 'recorded-migration',
		title: 'recorded migration',
		networkBytesPerSecond: 1_000_000_000,
		hosts: [SOURCE, TARGET].map((id, index) => ({
			id,
			dramBytes: Math.max(4 * GIB, 2 * machine.bytes),
			windowBaseHpa: (index + 1) * 64 * GIB
		})),
		// Both QEMUs of a recording are on one machine: what is shared is coherent.
		pool: file ? { bytes: Math.max(4 * GIB, 2 * machine.bytes), hardwareCoherent: true } : null,
		vms: [
			{
				id: VM,
				host: SOURCE,
				bytes: machine.bytes,
				populatedBytes: booted ? Math.min(machine.bytes, wanted) : 0,
				vcpus: machine.cpus,
				pages: '4k',
				workload: { kind: 'idle', ...(booted ? {} : { rateBytesPerSecond: 0 }) },
				...(file ? { ways: { memory: 'shared-file', lives: 'pool', backing: 'dax' } } : {}),
				qemu: {
					...(machine.stopped ? { stopped: true } : {}),
					...(target.bytes === machine.bytes ? {} : { targetBytes: target.bytes }),
					...(Object.keys(lacks).length > 0 ? { target: lacks } : {}),
					devices: blocking.map(({ name }) => name),
					deviceAddresses: blocking.map(({ address }) => address),
					...(machine.exports ? { exports: machine.exports } : {}),
					// A QEMU that would not start has no world; the player answers for it.
					onlyMigratable: machine.onlyMigratable && objection === null,
					backend: machine.backend,
					auxRamShare: machine.auxRamShare,
					memoryName: machine.memoryName,
					...(beside > 0 ? { dimmBytes: beside, dimmWrittenBytes: booted ? Math.min(used, BOOTED_DIMM_BYTES) : 0 } : {}),
					...(machine.cxlBytes === null ? {} : { cxl: { bytes: machine.cxlBytes, writtenBytes: writtenByProbe(recorded) } })
				}
			}
		]
	};
	const opened = Simulation.open({ scenario });
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	return { simulation: opened.value, onlyMigratable: objection };
}

/** "a process maps 4 MiB of the dax device, writes a pattern": what it wrote. */
function writtenByProbe(recorded: RecordedCase): number {
	const words = recorded.steps.filter((step) => step.op === 'guest-shell').map((step) => String(step['what'] ?? ''));
	return Math.max(0, ...words.map((what) => Number(/(\d+) MiB/.exec(what)?.[1] ?? 0) * MIB));
}

/** One word at a monitor. */
export function say(
	simulation: Simulation,
	at: string,
	execute: string,
	args: QmpArguments
): { readonly ok: boolean; readonly text: string } {
	const sent = simulation.send({ name: 'monitor', vm: VM, at, execute, arguments: args });
	return sent.ok ? { ok: true, text: '' } : { ok: false, text: sent.detail };
}
