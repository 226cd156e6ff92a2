import type { BackendRecord } from '../state/machine-records.ts';
import { readSize, type QemuPart } from './qemu-args.ts';

/** Memory backends of QEMU: -object memory-backend-ram, -file, -memfd (QEMU 10.0.13 backends/hostmem*.c). */

const TYPES: ReadonlySet<string> = new Set(['memory-backend-ram', 'memory-backend-file', 'memory-backend-memfd']);
const HUGE_PAGE_BYTES = 2 * 2 ** 20;

export const isBackend = (type: string): boolean => TYPES.has(type);

/** Backends that this QEMU has and the model has no use for: enclave memory and POSIX shared memory. */
const OTHERS: ReadonlySet<string> = new Set(['memory-backend-epc', 'memory-backend-shm']);

/** An object that QEMU does not know (qapi/qom.json, ObjectType). Null: it does, or it has no bearing on memory. */
export function wrongType(type: string): string | null {
	if (!type.startsWith('memory-backend-') || isBackend(type) || OTHERS.has(type)) return null;
	return `Parameter 'qom-type' does not accept value '${type}'`;
}

/** The backend, or QEMU's text. Other objects have no bearing on memory: null. */
export function readBackend(part: QemuPart): BackendRecord | string | null {
	if (!isBackend(part.type)) return null;
	const { properties } = part;
	if (part.id === '') return "Parameter 'id' is missing";
	const bytes = readSize(properties['size'] ?? '0');
	if (bytes === null) return "Parameter 'size' expects size";
	if (bytes === 0) return "can't create backend with size 0";
	const huge = properties['hugetlb'] === 'on' || properties['hugetlb'] === 'true';
	const pageBytes = huge ? (readSize(properties['hugetlbsize'] ?? '') ?? HUGE_PAGE_BYTES) : 4096;
	const on = (name: string): boolean => properties[name] === 'on' || properties[name] === 'true' || properties[name] === 'yes';
	return {
		id: part.id,
		type: part.type,
		path: properties['mem-path'] ?? '',
		bytes,
		pageBytes,
		share: properties['share'] === undefined ? part.type === 'memory-backend-memfd' : on('share'),
		prealloc: on('prealloc'),
		usedBy: null
	};
}

/** Alignment of the backend's memory: anonymous memory is aligned for huge pages (QEMU_VMALLOC_ALIGN on x86). */
export function alignmentOf(backend: BackendRecord): number {
	return backend.type === 'memory-backend-ram' ? Math.max(HUGE_PAGE_BYTES, backend.pageBytes) : backend.pageBytes;
}
