import type { Permission } from '../../contract/vdpa/kinds.ts';

/** What a call into vhost-vdpa came to, and what it cost in things that can be counted. */

export type Errno =
	'EPERM' | 'EBADF' | 'EBUSY' | 'EINVAL' | 'EEXIST' | 'ENOMEM' | 'EFAULT' | 'ENOTSUPP' | 'EOPNOTSUPP' | 'ENOIOCTLCMD' | 'ENOBUFS' | 'EIO';

export interface KernelWork {
	/** Pages pinned; of these, how many nobody had touched, and how many had to leave ZONE_MOVABLE. */
	pinned: number;
	cold: number;
	evicted: number;
	unpinned: number;
	/** Pages of these that are part of a huge page. */
	huge: { pinned: number; cold: number; unpinned: number };
	/** Contiguous runs that went into the IOMMU or to the driver's callback, or out of it; none for a driver that builds its map anew. */
	mappedRuns: number;
	unmappedRuns: number;
	/** Maps of a whole address space that were built: direct and null keys, bytes behind the direct ones. */
	rebuilds: { asid: number; direct: number; nulls: number; unitBytes: number; bytes: number }[];
}

export const noWork = (): KernelWork => ({
	pinned: 0,
	cold: 0,
	evicted: 0,
	unpinned: 0,
	huge: { pinned: 0, cold: 0, unpinned: 0 },
	mappedRuns: 0,
	unmappedRuns: 0,
	rebuilds: []
});

export interface KernelResult {
	/** null: it went well. */
	readonly kernel: Errno | null;
	/** What the caller saw: every error of a message on the IOTLB is EFAULT, but for a malformed header. */
	readonly caller: Errno | null;
	/** What a GET call returned. */
	readonly value: number;
	readonly work: KernelWork;
	/** The reason in words; empty when it went well. */
	readonly detail: string;
}

/** Why the kernel says no. */
export interface Refusal {
	readonly errno: Errno;
	readonly detail: string;
}
export const refusal = (errno: Errno, detail: string): Refusal => ({ errno, detail });

export function done(work: KernelWork = noWork(), value = 0): KernelResult {
	return { kernel: null, caller: null, value, work, detail: '' };
}

/** `caller`: what user space sees where that is something else than the reason. */
export function failed({ errno, detail }: Refusal, work: KernelWork = noWork(), caller: Errno = errno): KernelResult {
	return { kernel: errno, caller, value: -1, work, detail };
}

export type IotlbMessage =
	| {
			readonly op: 'update';
			readonly asid: number;
			readonly iova: number;
			readonly bytes: number;
			readonly uaddr: number;
			readonly permission: Permission;
	  }
	| { readonly op: 'invalidate'; readonly asid: number; readonly iova: number; readonly bytes: number }
	| { readonly op: 'batch-begin' | 'batch-end'; readonly asid: number }
	/** Proposed in S2 only: the whole new table; pages that are in both stay pinned. */
	| {
			readonly op: 'invalidate-and-update-all';
			readonly asid: number;
			readonly table: readonly { readonly iova: number; readonly bytes: number; readonly uaddr: number; readonly permission: Permission }[];
	  };

/** The ioctls of the device node, with open and close. */
export type DeviceCall =
	| { readonly call: 'open' | 'close' | 'SET_OWNER' | 'SUSPEND' | 'RESUME' | 'SET_LOG_BASE' }
	| { readonly call: 'SET_BACKEND_FEATURES'; readonly bits: readonly number[] }
	| { readonly call: 'SET_FEATURES' }
	| { readonly call: 'SET_STATUS'; readonly status: number }
	| { readonly call: 'SET_VRING_NUM'; readonly queue: number; readonly entries: number }
	| { readonly call: 'SET_VRING_ADDR'; readonly queue: number; readonly descriptors: number; readonly avail: number; readonly used: number }
	| { readonly call: 'SET_VRING_BASE'; readonly queue: number; readonly base: number }
	| { readonly call: 'SET_VRING_ENABLE'; readonly queue: number; readonly enabled: boolean }
	| { readonly call: 'GET_VRING_BASE' | 'GET_VRING_GROUP' | 'GET_VRING_DESC_GROUP'; readonly queue: number }
	| { readonly call: 'SET_GROUP_ASID'; readonly group: number; readonly asid: number }
	/** Proposed in S2 only: pins pages apart from any map. */
	| { readonly call: 'PIN_PAGES' | 'UNPIN_PAGES'; readonly hva: number; readonly bytes: number }
	/** Proposed in S2 only: a new process takes over pins and maps. */
	| { readonly call: 'CHANGE_OWNER'; readonly instance: number };
