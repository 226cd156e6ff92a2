import { MIB } from '../../base/units.ts';
import type { BackendRecord } from '../state/machine-records.ts';

/**
 * Properties of virtio-mem-pci as they are set before the device is realized (QEMU 10.0.13 hw/virtio/virtio-mem.c and
 * virtio-mem-pci.c; texts of the qdev and QAPI layers from hw/core and qapi/). Errors are QEMU's own texts.
 */
export interface VirtioMemWanted {
	id: string;
	bus: string;
	/** Id of the backend, null when none is given. */
	memdev: string | null;
	node: number;
	requestedBytes: number;
	/** 0: the default for the backend. */
	blockBytes: number;
	/** 0: the first gap. */
	memaddr: number;
	prealloc: boolean;
	dynamicMemslots: boolean;
	unpluggedInaccessible: 'on' | 'off' | 'auto';
}

export type PropertyValue = null | boolean | number | string;
export interface PropertySource {
	readonly properties: Readonly<Record<string, PropertyValue>>;
	/** Sizes as QEMU reads them, null for what is none. */
	readonly sizeOf: (text: string) => number | null;
	readonly backends: readonly BackendRecord[];
}

/** Smallest device block (VIRTIO_MEM_MIN_BLOCK_SIZE). */
const MIN_BLOCK_BYTES = MIB;
/** Size of a transparent huge page of the host. */
const THP_BYTES = 2 * MIB;
const HOST_PAGE_BYTES = 4096;

/** Properties that every PCI or virtio device has: accepted, without bearing on memory. */
const OTHERS: ReadonlySet<string> = new Set([
	...['id', 'driver', 'addr', 'bus', 'romfile', 'rombar', 'multifunction', 'acpi-index', 'x-early-migration'],
	...['disable-legacy', 'disable-modern', 'iommu_platform', 'ats', 'aer', 'packed', 'event_idx', 'indirect_desc']
]);

type Setter = (wanted: VirtioMemWanted, value: PropertyValue, source: PropertySource) => string | null;

/** Each sets its field, or says why not. */
const SETTERS: Readonly<Record<string, Setter>> = {
	memdev(wanted, value, { backends }) {
		if (!backends.some((backend) => backend.id === value)) return `Device '${String(value)}' not found`;
		wanted.memdev = String(value);
		return null;
	},
	node(wanted, value) {
		// qapi/qobject-input-visitor.c: what is no integer at all, and an integer that is none of 32 bits.
		if (typeof value === 'string' && !/^-?(\d+|0x[0-9a-f]+)$/i.test(value)) return "Parameter 'node' expects integer";
		const node = typeof value === 'string' ? Number(value) : value;
		if (typeof node !== 'number' || !Number.isInteger(node) || node < 0) return "Parameter 'node' expects uint32_t";
		wanted.node = node;
		return null;
	},
	'requested-size': (wanted, value, source) => sized('requested-size', value, source, (bytes) => (wanted.requestedBytes = bytes)),
	memaddr: (wanted, value, source) => sized('memaddr', value, source, (bytes) => (wanted.memaddr = bytes)),
	'block-size'(wanted, value, source) {
		const wrong = sized('block-size', value, source, (bytes) => (wanted.blockBytes = bytes));
		if (wrong !== null) return wrong;
		if (wanted.blockBytes < MIN_BLOCK_BYTES) return `'block-size' property has to be at least 0x${MIN_BLOCK_BYTES.toString(16)}`;
		return isPowerOfTwo(wanted.blockBytes) ? null : "'block-size' property has to be a power of two";
	},
	prealloc: (wanted, value) => switched('prealloc', value, (on) => (wanted.prealloc = on)),
	'dynamic-memslots': (wanted, value) => switched('dynamic-memslots', value, (on) => (wanted.dynamicMemslots = on)),
	'unplugged-inaccessible'(wanted, value) {
		if (value !== 'on' && value !== 'off' && value !== 'auto')
			return `Parameter 'unplugged-inaccessible' does not accept value '${String(value)}'`;
		wanted.unpluggedInaccessible = value;
		return null;
	},
	size: () => "Property 'virtio-mem.size' is not writable"
};

/** Reads the properties in the order in which they stand; the first error wins. */
export function readVirtioMem(source: PropertySource): { wanted: VirtioMemWanted; error: string | null } {
	const { properties } = source;
	const wanted: VirtioMemWanted = {
		id: String(properties['id'] ?? ''),
		bus: String(properties['bus'] ?? 'pcie.0'),
		memdev: null,
		node: 0,
		requestedBytes: 0,
		blockBytes: 0,
		memaddr: 0,
		prealloc: false,
		dynamicMemslots: false,
		unpluggedInaccessible: 'on'
	};
	for (const [name, value] of Object.entries(properties)) {
		const set = SETTERS[name];
		if (!set && !OTHERS.has(name)) return { wanted, error: `Property 'virtio-mem-pci.${name}' not found` };
		const error = set?.(wanted, value, source) ?? null;
		if (error !== null) return { wanted, error };
	}
	return { wanted, error: null };
}

/** Block size that a device without one gets (virtio_mem_default_block_size). */
export function defaultBlockBytes(backend: BackendRecord): number {
	return Math.max(backend.pageBytes, backend.pageBytes === HOST_PAGE_BYTES ? THP_BYTES : MIN_BLOCK_BYTES);
}

export interface Surroundings {
	/** Number of -numa nodes, 0 without any. */
	readonly nodeCount: number;
	/** -overcommit mem-lock=on. */
	readonly memLock: boolean;
	/** Something of the machine forbids to give RAM back, e.g. memory encryption. */
	readonly discardDisabled: boolean;
}

/** What realizing the device checks, in QEMU's order; null when it is fine. */
export function realizeError(wanted: VirtioMemWanted, backend: BackendRecord, around: Surroundings): string | null {
	if (backend.usedBy !== null) return `'memdev' property specifies a busy memdev: ${backend.id}`;
	if (backend.prealloc)
		return (
			`'memdev' property specifies a memdev with preallocation enabled: ${backend.id}.` +
			" Instead, specify 'prealloc=on' for the virtio-mem device. "
		);
	if (around.nodeCount > 0 ? wanted.node >= around.nodeCount : wanted.node > 0)
		// The missing blank is QEMU's.
		return `'node' property has value '${wanted.node}', which exceedsthe number of numa nodes: ${around.nodeCount || 1}`;
	if (around.memLock) return 'Incompatible with mlock';
	if (wanted.dynamicMemslots && inaccessible(wanted, backend) !== 'on')
		return "'dynamic-memslots' property set to 'on' requires 'unplugged-inaccessible' to be 'on'";
	const blockBytes = wanted.blockBytes || defaultBlockBytes(backend);
	const multiples = (name: string): string => `'${name}' property has to be multiples of 'block-size' (0x${blockBytes.toString(16)})`;
	if (blockBytes < backend.pageBytes) return `'block-size' property has to be at least the page size (0x${backend.pageBytes.toString(16)})`;
	if (wanted.requestedBytes % blockBytes !== 0) return multiples('requested-size');
	if (wanted.memaddr % blockBytes !== 0) return multiples('memaddr');
	if (backend.bytes % blockBytes !== 0)
		// Here too.
		return `'memdev' property memdev size has to be multiples of'block-size' (0x${blockBytes.toString(16)})`;
	return around.discardDisabled ? 'Discarding RAM is disabled' : null;
}

/** "auto" is off where every unplugged page reads as the shared zero page: private anonymous memory of base pages. */
export function inaccessible(wanted: VirtioMemWanted, backend: BackendRecord): 'on' | 'off' {
	if (wanted.unpluggedInaccessible !== 'auto') return wanted.unpluggedInaccessible;
	const zeroPage = backend.type === 'memory-backend-ram' && !backend.share && backend.pageBytes === HOST_PAGE_BYTES;
	return zeroPage ? 'off' : 'on';
}

/** QEMU only warns of blocks smaller than the default. */
export function warningOf(wanted: VirtioMemWanted, backend: BackendRecord): string | null {
	const usual = defaultBlockBytes(backend);
	if (wanted.blockBytes === 0 || wanted.blockBytes >= usual) return null;
	return `'block-size' property is smaller than the default block size (${usual / MIB} MiB)`;
}

export const isPowerOfTwo = (value: number): boolean => value > 0 && (BigInt(value) & (BigInt(value) - 1n)) === 0n;

function sized(name: string, value: PropertyValue, source: PropertySource, set: (bytes: number) => void): string | null {
	const bytes = typeof value === 'string' ? source.sizeOf(value) : value;
	if (typeof bytes !== 'number' || !Number.isSafeInteger(bytes) || bytes < 0)
		return `Parameter '${name}' expects ${typeof value === 'string' ? 'size' : 'uint64'}`;
	set(bytes);
	return null;
}

function switched(name: string, value: PropertyValue, set: (on: boolean) => void): string | null {
	if (value === true || value === 'on' || value === 'yes' || value === 'true' || value === 'y') set(true);
	else if (value === false || value === 'off' || value === 'no' || value === 'false' || value === 'n') set(false);
	else return `Parameter '${name}' expects 'on' or 'off'`;
	return null;
}
