import type { FabricExtentStatus } from './fabric-status.ts';

/** CXL memory of one Linux machine as the page shows it: windows, decoders, devices, regions, dax devices. Small; sent with every turn. */
export interface MachineCxlStatus {
	/** Root decoders, one per fixed memory window. */
	readonly windows: readonly CxlWindowStatus[];
	/** Host bridges, then switches; endpoints are told with their memory device. */
	readonly ports: readonly CxlPortStatus[];
	readonly memdevs: readonly CxlMemdevStatus[];
	readonly regions: readonly CxlRegionStatus[];
	/** Devices of the dax bus that have a range. */
	readonly daxes: readonly CxlDaxStatus[];
	/** Ranges whose memory blocks no driver could take back: lost until the next boot. */
	readonly lost: readonly { readonly baseHpa: number; readonly bytes: number }[];
}

export interface CxlWindowStatus {
	/** "decoder0.0" */
	readonly name: string;
	readonly baseHpa: number;
	readonly bytes: number;
	readonly granularity: number;
	/** Ports of the host bridges in interleave order; null for a bridge that Linux found no port for. */
	readonly targets: readonly (string | null)[];
	/** Node that firmware and kernel keep for it. */
	readonly node: number;
}

export interface CxlPortStatus {
	/** "port1" */
	readonly name: string;
	readonly kind: 'bridge' | 'switch';
	/** null below the root. */
	readonly parent: string | null;
	/** PCI name: "pci0000:0c" or an address. */
	readonly host: string;
	/** No decoder registers: everything goes on to its one port. */
	readonly passthrough: boolean;
	/** Those with a range or a region; the others are free. */
	readonly decoders: readonly CxlDecoderStatus[];
	readonly decoderCount: number;
}

export interface CxlDecoderStatus {
	/** "decoder1.0" */
	readonly name: string;
	readonly baseHpa: number;
	/** 0: no range yet. */
	readonly bytes: number;
	readonly ways: number;
	readonly granularity: number;
	/** Ids of the ports below, by position. */
	readonly targets: readonly number[];
	readonly region: string | null;
	readonly committed: boolean;
}

export interface CxlMemdevStatus {
	/** "mem0" */
	readonly name: string;
	/** Id of the QEMU device. */
	readonly device: string;
	readonly address: string;
	readonly serial: number | null;
	readonly ramBytes: number;
	readonly pmemBytes: number;
	readonly dynamicBytes: number;
	/** "endpoint3"; null: no CXL path leads to it, its driver did not bind. */
	readonly endpoint: string | null;
	/** Port that it hangs below, and the id of that port's dport. */
	readonly parent: string | null;
	readonly dport: number;
	/** Other machines whose device lies over the same file. */
	readonly sharedWith: readonly string[];
	readonly decoders: readonly CxlEndpointDecoderStatus[];
	readonly decoderCount: number;
	/** Dynamic capacity, by device address: where its regions begin, and the extents in them. */
	readonly dynamicBase: number;
	readonly extents: readonly FabricExtentStatus[];
}

/** A decoder of an endpoint that has device memory. */
export interface CxlEndpointDecoderStatus extends CxlDecoderStatus {
	readonly mode: 'none' | 'ram' | 'pmem';
	readonly dpa: number;
	readonly dpaBytes: number;
	/** Position in its region, −1 without one. */
	readonly position: number;
}

export interface CxlRegionStatus {
	/** "region0" */
	readonly name: string;
	/** Root decoder. */
	readonly window: string;
	readonly state: 'idle' | 'interleave-active' | 'active' | 'reset-pending' | 'commit';
	readonly mode: 'ram' | 'pmem';
	readonly baseHpa: number;
	/** 0: no address space yet. */
	readonly bytes: number;
	/** 0 until they are set. */
	readonly ways: number;
	readonly granularity: number;
	/** By position; null: none attached yet. */
	readonly targets: readonly ({ readonly memdev: string; readonly decoder: string } | null)[];
	/** Its driver is bound. */
	readonly enabled: boolean;
}

export interface CxlDaxStatus {
	/** "dax0.0" */
	readonly name: string;
	readonly region: string;
	readonly baseHpa: number;
	readonly bytes: number;
	readonly node: number;
	readonly driver: 'none' | 'device_dax' | 'kmem';
	/** Memory blocks that kmem made of it, ascending. */
	readonly memoryBlocks: readonly number[];
	/** What whole memory blocks do not cover. */
	readonly uncoveredBytes: number;
}
