import { GIB, MIB } from '../../src/lib/base/units.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import type { QmpArguments } from '../../src/lib/engine/contract/machine-commands.ts';
import { BLOCKING_DEVICES, type BlockingDeviceName } from '../../src/lib/engine/contract/migration/blockers.ts';
import type { RecordedCase } from './case.ts';

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

const UNITS: Readonly<Record<string, number>> = { '': 1, K: 1024, M: MIB, G: GIB };
export function sizeOf(text: unknown): number {
	const found = /^(\d+(?:\.\d+)?)([KMG]?)/.exec(String(text));
	return found ? Number(found[1]) * (UNITS[found[2] as string] as number) : 0;
}

export interface Opened {
	readonly simulation: Simulation;
	readonly devices: readonly BlockingDeviceName[];
}

export function openMigration(recorded: RecordedCase): Opened {
	const args = (recorded.config['qemu_args'] ?? []) as readonly string[];
	const after = (flag: string): string[] => args.filter((_, index) => args[index - 1] === flag);
	const memory = sizeOf(recorded.config['memory'] ?? after('-m')[0] ?? '256M');
	const loads = recorded.steps.filter((step) => step.op === 'guest-load').map((step) => sizeOf(step['working_set']));
	const booted = recorded.config['guest_booted'] !== false;
	const wanted = Math.ceil((BOOTED_BYTES + Math.max(0, ...loads)) / BLOCK) * BLOCK;
	const devices = blockingDevices(after('-device'), after('-cpu'), recorded);
	const file = memoryKind(after) === 'file';
	const dimm = after('-device')
		.filter((device) => device.startsWith('pc-dimm'))
		.map((device) => /memdev=([\w-]+)/.exec(device)?.[1] ?? '')
		.reduce((sum, id) => sum + objectSize(after('-object'), id), 0);
	const cxl = after('-device').find((device) => device.startsWith('cxl-type3'));
	const scenario = {
		switchyard: 1,
		id: 'recorded-migration',
		title: 'recorded migration',
		networkBytesPerSecond: 1_000_000_000,
		hosts: [SOURCE, TARGET].map((id, index) => ({ id, dramBytes: 4 * GIB, windowBaseHpa: (index + 1) * 64 * GIB })),
		// Both QEMUs of a recording are on one machine: what is shared is coherent.
		pool: file ? { bytes: 4 * GIB, hardwareCoherent: true } : null,
		vms: [
			{
				id: VM,
				host: SOURCE,
				bytes: memory,
				populatedBytes: booted ? Math.min(memory, wanted) : 0,
				vcpus: Number(recorded.config['vcpus'] ?? 1),
				pages: '4k',
				workload: { kind: 'idle', ...(booted ? {} : { rateBytesPerSecond: 0 }) },
				...(file ? { ways: { memory: 'shared-file', lives: 'pool', backing: 'dax' } } : {}),
				qemu: {
					...(args.includes('-S') ? { stopped: true } : {}),
					...(recorded.config['destination_memory'] === undefined ? {} : { targetBytes: sizeOf(recorded.config['destination_memory']) }),
					devices,
					...exported(after('-fsdev'), after('-device')),
					onlyMigratable: args.includes('-only-migratable'),
					backend: memoryKind(after),
					...(dimm > 0 ? { dimmBytes: dimm, dimmWrittenBytes: booted ? Math.min(dimm, BOOTED_DIMM_BYTES) : 0 } : {}),
					...(cxl
						? {
								cxl: { bytes: objectSize(after('-object'), /memdev=([\w-]+)/.exec(cxl)?.[1] ?? ''), writtenBytes: writtenByProbe(recorded) }
							}
						: {})
				}
			}
		]
	};
	const opened = Simulation.open({ scenario });
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	return { simulation: opened.value, devices };
}

/** How the memory of the machine itself is backed. */
function memoryKind(after: (flag: string) => string[]): 'ram' | 'ram-shared' | 'memfd' | 'file' {
	const id = after('-machine')
		.map((machine) => /memory-backend=([\w-]+)/.exec(machine)?.[1])
		.find((found) => found !== undefined);
	const object = after('-object').find((each) => id !== undefined && each.includes(`id=${id}`));
	if (!object?.includes('share=on')) return 'ram';
	if (object.startsWith('memory-backend-file')) return 'file';
	return object.startsWith('memory-backend-memfd') ? 'memfd' : 'ram-shared';
}

const objectSize = (objects: readonly string[], id: string): number =>
	sizeOf(/size=([\dKMG.]+)/.exec(objects.find((object) => object.includes(`id=${id},`)) ?? '')?.[1] ?? 0);

/** "a process maps 4 MiB of the dax device, writes a pattern": what it wrote. */
function writtenByProbe(recorded: RecordedCase): number {
	const words = recorded.steps.filter((step) => step.op === 'guest-shell').map((step) => String(step['what'] ?? ''));
	return Math.max(0, ...words.map((what) => Number(/(\d+) MiB/.exec(what)?.[1] ?? 0) * MIB));
}

/** -fsdev local,id=f0,path=<dir> with -device virtio-9p-pci,fsdev=f0,mount_tag=t */
function exported(folders: readonly string[], devices: readonly string[]): { exports?: { path: string; tag: string } } {
	const path = folders.map((folder) => /path=([^,]+)/.exec(folder)?.[1]).find((found) => found !== undefined);
	const tag = devices.map((device) => /mount_tag=([^,]+)/.exec(device)?.[1]).find((found) => found !== undefined);
	return path !== undefined && tag !== undefined ? { exports: { path, tag } } : {};
}

function blockingDevices(devices: readonly string[], cpus: readonly string[], recorded: RecordedCase): BlockingDeviceName[] {
	const found: BlockingDeviceName[] = [];
	const mounted = recorded.steps.some((step) => step.op === 'guest-shell' && /mount/.test(String(step['what'] ?? '')));
	for (const device of devices) {
		const driver = device.split(',')[0] as string;
		if (driver.startsWith('virtio-9p')) found.push(mounted ? 'virtio-9p-mounted' : 'virtio-9p');
		else if (driver === 'ivshmem-plain' && device.includes('master=on')) continue;
		else {
			const name = (Object.keys(BLOCKING_DEVICES) as BlockingDeviceName[]).find((each) => BLOCKING_DEVICES[each].type === driver);
			if (name !== undefined) found.push(name);
		}
	}
	if (cpus.some((cpu) => /[+,]invtsc(=on)?\b/.test(cpu) && !cpu.includes('invtsc=off'))) found.push('invtsc');
	return found;
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
