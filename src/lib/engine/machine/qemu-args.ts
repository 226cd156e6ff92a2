import { ok, refused, type Outcome } from '../../base/outcome.ts';

/**
 * Reads the part of a QEMU command line that decides about memory (QEMU 11.1.3: system/vl.c, hw/core/numa.c, hw/i386/pc.c).
 * Words that have no bearing on memory are kept by name in `ignored`, never dropped in silence.
 */
export interface QemuMachine {
	/** -machine: QEMU's default on x86 is pc (i440FX). */
	readonly chipset: 'q35' | 'pc';
	/** Properties of all -machine and -M words, later ones over earlier ones: cxl=on, cxl-fmw.0.size=4G and the like. */
	readonly machineProperties: Readonly<Record<string, string>>;
	readonly ramBytes: number;
	readonly slots: number;
	/** 0: no maxmem was given. */
	readonly maxmemBytes: number;
	readonly cpus: number;
	/** -cpu: model and features as they were written; QEMU's default of x86-64 is qemu64. */
	readonly cpuModel: string;
	/** -global ICH9-LPC.disable_s3=1, or PIIX4_PM on pc. */
	readonly sleepDisabled: boolean;
	/** -S: the machine waits for "cont". */
	readonly paused: boolean;
	/** -overcommit mem-lock=on. */
	readonly memLock: boolean;
	readonly objects: readonly QemuPart[];
	readonly numaNodes: readonly QemuNumaNode[];
	readonly distances: readonly { readonly from: number; readonly to: number; readonly value: number }[];
	readonly hmat: readonly Readonly<Record<string, string>>[];
	readonly devices: readonly QemuPart[];
	/** Network backends: of all of them only vhost-vdpa has a bearing on memory. */
	readonly netdevs: readonly QemuPart[];
	readonly ignored: readonly string[];
}
export interface QemuPart {
	/** Type of an object, driver of a device. */
	readonly type: string;
	readonly id: string;
	readonly properties: Readonly<Record<string, string>>;
	/** As it was written, for messages: "-device virtio-mem-pci,id=vm0". */
	readonly text: string;
}
export interface QemuNumaNode {
	readonly id: number;
	readonly cpus: readonly number[];
	readonly bytes: number;
	readonly memdev: string | null;
	readonly initiator: number | null;
}

const UNITS: Readonly<Record<string, number>> = { '': 1, k: 2 ** 10, m: 2 ** 20, g: 2 ** 30, t: 2 ** 40 };

/** Sizes as QEMU reads them: a number with an optional K, M, G, T, or hexadecimal. `plain` is the unit without a suffix. */
export function readSize(text: string, plain = 1): number | null {
	if (/^0x[0-9a-f]+$/i.test(text)) return Number(text);
	const match = /^(\d+(?:\.\d+)?)([kmgt]?)b?$/i.exec(text);
	if (!match) return null;
	const unit = (match[2] ?? '').toLowerCase();
	const bytes = Number(match[1]) * (unit === '' ? plain : (UNITS[unit] as number));
	return Number.isSafeInteger(bytes) ? bytes : null;
}

/** "driver,a=b,c" → type and properties. A doubled comma is a comma. */
export function readPart(option: string, text: string): QemuPart {
	const [type = '', ...rest] = text.split(/(?<!,),(?!,)/);
	const properties: Record<string, string> = {};
	for (const item of rest) {
		const at = item.indexOf('=');
		if (at < 0) properties[item] = 'on';
		else properties[item.slice(0, at)] = item.slice(at + 1).replaceAll(',,', ',');
	}
	return { type, id: properties['id'] ?? '', properties, text: `${option} ${text}` };
}

function cpuList(text: string): number[] {
	const cpus: number[] = [];
	for (const range of text.split(':')) {
		const [from, to] = range.split('-').map(Number);
		for (let cpu = from ?? 0; cpu <= (to ?? from ?? 0); cpu += 1) cpus.push(cpu);
	}
	return cpus;
}

export function readQemuArgs(args: readonly string[]): Outcome<QemuMachine, 'bad-scenario'> {
	let chipset: QemuMachine['chipset'] = 'pc';
	const machineProperties: Record<string, string> = {};
	let ramBytes = 128 * 2 ** 20;
	let ramGiven = false;
	let slots = 0;
	let maxmemBytes = 0;
	let cpus = 1;
	let cpuModel = 'qemu64';
	let sleepDisabled = false;
	let paused = false;
	let memLock = false;
	const objects: QemuPart[] = [];
	const numaNodes: { id: number; cpus: number[]; bytes: number; memdev: string | null; initiator: number | null }[] = [];
	const distances: { from: number; to: number; value: number }[] = [];
	const hmat: Record<string, string>[] = [];
	const devices: QemuPart[] = [];
	const netdevs: QemuPart[] = [];
	const ignored: string[] = [];
	for (let at = 0; at < args.length; at += 1) {
		const option = (args[at] as string).replace(/^--/, '-');
		const value = (): string => {
			at += 1;
			return args[at] ?? '';
		};
		switch (option) {
			case '-m': {
				const part = readPart('-m', `m,${/^\d/.test(args[at + 1] ?? '') ? `size=${value()}` : value()}`);
				const size = readSize(part.properties['size'] ?? '', 2 ** 20);
				const maxmem = part.properties['maxmem'] === undefined ? 0 : readSize(part.properties['maxmem'], 2 ** 20);
				if (size === null || size <= 0) return refused('bad-scenario', `-m ${args[at]}: not a size`);
				if (maxmem === null) return refused('bad-scenario', `-m ${args[at]}: maxmem is not a size`);
				ramBytes = size;
				ramGiven = true;
				maxmemBytes = maxmem;
				slots = Number(part.properties['slots'] ?? 0);
				break;
			}
			case '-smp': {
				const part = readPart('-smp', /^\d/.test(args[at + 1] ?? '') ? `smp,cpus=${value()}` : `smp,${value()}`);
				// hw/core/machine-smp.c: what is not given follows from the rest.
				const levels = ['sockets', 'dies', 'clusters', 'cores', 'threads'].map((level) => Number(part.properties[level] ?? 1));
				cpus = Number(part.properties['cpus'] ?? levels.reduce((product, count) => product * count, 1));
				if (!Number.isInteger(cpus) || cpus < 1 || cpus > 256) return refused('bad-scenario', '-smp: 1 to 256 CPUs');
				break;
			}
			case '-cpu':
				cpuModel = value();
				break;
			case '-object':
				objects.push(readPart('-object', value()));
				break;
			case '-device':
				devices.push(readPart('-device', value()));
				break;
			case '-netdev': {
				const part = readPart('-netdev', value());
				netdevs.push(part);
				ignored.push(part.text);
				break;
			}
			case '-numa': {
				const part = readPart('-numa', value());
				const p = part.properties;
				if (part.type === 'dist') distances.push({ from: Number(p['src']), to: Number(p['dst']), value: Number(p['val']) });
				else if (part.type === 'node') {
					numaNodes.push({
						id: Number(p['nodeid'] ?? numaNodes.length),
						cpus: p['cpus'] === undefined ? [] : cpuList(p['cpus']),
						bytes: p['mem'] === undefined ? 0 : (readSize(p['mem'], 2 ** 20) ?? 0),
						memdev: p['memdev'] ?? null,
						initiator: p['initiator'] === undefined ? null : Number(p['initiator'])
					});
				} else if (part.type === 'hmat-lb' || part.type === 'hmat-cache') hmat.push({ type: part.type, ...p });
				else if (part.type === 'cpu') {
					const node = numaNodes.find((candidate) => candidate.id === Number(p['node-id']));
					if (node) node.cpus.push(Number(p['socket-id'] ?? p['core-id'] ?? 0));
				} else return refused('bad-scenario', `-numa ${part.type}: not known`);
				break;
			}
			case '-machine':
			case '-M': {
				// system/vl.c merges them; the first word may be the type without a name.
				const words = value();
				const part = readPart('-machine', words.split(',')[0]?.includes('=') ? `,${words}` : words);
				const type = part.properties['type'] ?? part.type;
				if (type !== '') chipset = /^(pc-)?q35/.test(type) ? 'q35' : 'pc';
				Object.assign(machineProperties, part.properties);
				break;
			}
			case '-global': {
				const words = value();
				if (/^(ICH9-LPC|PIIX4_PM)\.disable_s3=1$/.test(words)) sleepDisabled = true;
				else ignored.push(`-global ${words}`);
				break;
			}
			case '-S':
				paused = true;
				break;
			case '-overcommit':
				memLock = /mem-lock=on/.test(value());
				break;
			default:
				if (option.startsWith('-')) {
					const next = args[at + 1];
					ignored.push(next !== undefined && !next.startsWith('-') ? `${option} ${value()}` : option);
				} else return refused('bad-scenario', `qemuArgs[${at}]: "${option.slice(0, 60)}" belongs to no option`);
		}
	}
	for (const node of numaNodes) {
		if (node.memdev === null) continue;
		const object = objects.find((candidate) => candidate.id === node.memdev);
		const bytes = object ? readSize(object.properties['size'] ?? '') : null;
		if (bytes === null) return refused('bad-scenario', `-numa node,memdev=${node.memdev}: no such memory backend`);
		node.bytes = bytes;
	}
	// system/vl.c, qemu_resolve_machine_memdev: without -m the machine is as large as its backend.
	const backing = objects.find((object) => object.id === machineProperties['memory-backend']);
	if (backing && !ramGiven) ramBytes = readSize(backing.properties['size'] ?? '') ?? ramBytes;
	shareRam(numaNodes, ramBytes);
	return ok({
		chipset,
		machineProperties,
		ramBytes,
		slots,
		maxmemBytes,
		cpus,
		cpuModel,
		sleepDisabled,
		paused,
		memLock,
		objects,
		numaNodes,
		distances,
		hmat,
		devices,
		netdevs,
		ignored
	});
}

/**
 * Nodes that say nothing of memory share the RAM in steps of 8 MiB, the last takes the rest: QEMU hw/core/numa.c of machine
 * types up to 5.1, as seed S4 uses it; newer ones want the sizes spelled out.
 */
function shareRam(nodes: { bytes: number }[], ramBytes: number): void {
	if (nodes.length === 0 || nodes.some((node) => node.bytes > 0)) return;
	const step = 8 * 2 ** 20;
	const each = Math.floor(ramBytes / nodes.length / step) * step;
	nodes.forEach((node, index) => {
		node.bytes = index === nodes.length - 1 ? ramBytes - each * (nodes.length - 1) : each;
	});
}
