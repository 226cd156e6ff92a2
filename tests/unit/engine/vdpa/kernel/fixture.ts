import { DEVICE_KINDS, VirtioStatus, type DeviceKind, type DeviceTraits } from '$lib/engine/contract/vdpa/kinds.ts';
import { TODAY } from '$lib/engine/contract/vdpa/choice.ts';
import { VDPA_PRESETS } from '$lib/engine/contract/vdpa/figures.ts';
import type { DeviceEndRecord, NicGuestRecord, NicRecord } from '$lib/engine/state/vdpa-records.ts';
import { callDevice, newKernelDevice } from '$lib/engine/vdpa/kernel/device.ts';
import { offeredFeatures } from '$lib/engine/vdpa/kernel/features.ts';
import { sendMessage } from '$lib/engine/vdpa/kernel/iotlb.ts';
import type { DeviceCall, IotlbMessage, KernelResult } from '$lib/engine/vdpa/kernel/result.ts';
import type { NicContext, Pages, PinResult } from '$lib/engine/vdpa/ports.ts';

/** A device and a process without a world: pages are counted one by one, frames are what the test says. */

export const PAGE = 4096;

/** Frame of each page of the process; 'refuse' pages cannot be pinned. Every pin is kept per page. */
export class CountedPages implements Pages {
	readonly pins = new Map<number, number>();
	readonly refuse = new Set<number>();
	readonly frameOf: (page: number) => number;

	constructor(frameOf: (page: number) => number = (page) => page) {
		this.frameOf = frameOf;
	}

	pin(hva: number, bytes: number): PinResult {
		const pages = pagesOf(hva, bytes);
		if (pages.some((page) => this.refuse.has(page))) return { ok: false, errno: 'ENOMEM', detail: 'a page cannot be pinned' };
		for (const page of pages) this.pins.set(page, (this.pins.get(page) ?? 0) + 1);
		return { ok: true, runs: this.runsOf(hva, bytes), coldPages: 0, evictedPages: 0, huge: { pages: 0, coldPages: 0 } };
	}

	unpin(hva: number, bytes: number): number {
		for (const page of pagesOf(hva, bytes)) {
			const before = this.pins.get(page) ?? 0;
			if (before === 0) throw new Error(`page ${page} is not pinned`);
			if (before === 1) this.pins.delete(page);
			else this.pins.set(page, before - 1);
		}
		return 0;
	}

	runsOf(hva: number, bytes: number): readonly number[] {
		const runs: number[] = [];
		let last = Number.NaN;
		for (const page of pagesOf(hva, bytes)) {
			const frame = this.frameOf(page);
			if (frame === last + 1) runs[runs.length - 1] = (runs.at(-1) as number) + PAGE;
			else runs.push(PAGE);
			last = frame;
		}
		return runs;
	}

	total(): number {
		return [...this.pins.values()].reduce((sum, count) => sum + count, 0);
	}
}

function pagesOf(hva: number, bytes: number): number[] {
	if (hva % PAGE !== 0 || bytes % PAGE !== 0) throw new Error(`no whole pages: ${bytes} bytes from ${hva}`);
	return Array.from({ length: bytes / PAGE }, (_, index) => hva / PAGE + index);
}

export interface Bench {
	readonly context: NicContext;
	readonly pages: CountedPages;
	now: (nowNs: number) => void;
	call: (call: DeviceCall, instance?: number) => KernelResult;
	message: (message: IotlbMessage, instance?: number) => KernelResult;
}

interface Asked {
	readonly traits?: Partial<DeviceTraits>;
	readonly guest?: Partial<NicGuestRecord>;
	readonly nic?: Partial<NicRecord>;
	readonly frameOf?: (page: number) => number;
}

const QUEUES = 5;

/** A device of a kind: two pairs and a control queue. Closed; `ready` opens it. */
export function bench(kind: DeviceKind, asked: Asked = {}): Bench {
	const traits: DeviceTraits = { ...DEVICE_KINDS[kind].traits, ...asked.traits };
	const pages = new CountedPages(asked.frameOf);
	const guest = {
		vm: 0,
		sections: [],
		maxAddress: 0,
		deviceBase: 0,
		deviceEnd: 0,
		freeSlots: 0,
		memlockPages: null,
		pinnedPages: [0, 0],
		hotplugWhileMigrating: false,
		viommu: false,
		proposals: true,
		giova: [],
		...asked.guest
	} as unknown as NicGuestRecord;
	const nic = {
		id: 'nic0',
		kind,
		traits,
		queuePairs: 2,
		controlQueue: true,
		iovaFirst: 0,
		iovaLast: 2 ** 48 - 1,
		choice: TODAY,
		figures: VDPA_PRESETS.ideal.figures,
		...asked.nic
	} as unknown as NicRecord;
	const end = { host: 0, instance: 0, kernel: newKernelDevice(traits, QUEUES) } as unknown as DeviceEndRecord;
	let context: NicContext = { guest, nic, end, pages, queues: { start: () => {}, stop: () => {} }, nowNs: 0, belief: null };
	return {
		get context() {
			return context;
		},
		pages,
		now: (nowNs) => (context = { ...context, nowNs }),
		call: (call, instance = 0) => callDevice(context, call, instance),
		message: (message, instance = 0) => sendMessage(context, message, instance)
	};
}

/** Open, owned by process 0, with every feature that the kernel offers. */
export function ready(kind: DeviceKind, asked: Asked = {}): Bench {
	const made = bench(kind, asked);
	const bits = offeredFeatures(made.context.nic.traits);
	for (const call of [{ call: 'open' }, { call: 'SET_OWNER' }, { call: 'SET_BACKEND_FEATURES', bits }] as const) {
		const answer = made.call(call);
		if (answer.kernel !== null) throw new Error(`${call.call}: ${answer.detail}`);
	}
	return made;
}

const { acknowledge, driver, featuresOk, driverOk } = VirtioStatus;
export const STARTED = acknowledge | driver | featuresOk | driverOk;

export function update(iova: number, bytes: number, uaddr: number, asid = 0): IotlbMessage {
	return { op: 'update', asid, iova, bytes, uaddr, permission: 3 };
}

export const invalidate = (iova: number, bytes: number, asid = 0): IotlbMessage => ({ op: 'invalidate', asid, iova, bytes });
