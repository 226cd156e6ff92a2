/**
 * Three ways for tagged capacity into a VM (seed S1, "Application specific or shared dynamic capacity - VM options"), as data:
 * what each keeps of the extent, what it costs, and what has to be written first. "+" forms are the same door with the
 * extension that the thread talks about.
 */
export const DOORS = {
	hotplug: {
		title: 'memory hot-plug with EFI_MEMORY_SP',
		guestSees: 'ram',
		keepsTag: false,
		keepsOrder: false,
		removal: 'weak',
		/** A DIMM is one piece and stays as large as it was added. */
		granularityBytes: 128 * 1024 * 1024,
		devices: 1,
		needsDriver: false,
		needsSpecification: false,
		sentence: 'Normal RAM by the default policy; nothing can tie a tag to a range that is plugged later.'
	},
	'hotplug+dax': {
		title: 'memory hot-plug, kernel told to make it DAX',
		guestSees: 'dax',
		keepsTag: false,
		keepsOrder: false,
		removal: 'guaranteed',
		granularityBytes: 128 * 1024 * 1024,
		devices: 1,
		needsDriver: false,
		needsSpecification: false,
		sentence: 'A DAX device by a kernel option, but without a tag: nobody can say whose it is.'
	},
	'hotplug+tag': {
		title: 'memory hot-plug with a tag in ACPI',
		guestSees: 'dax',
		keepsTag: true,
		keepsOrder: false,
		removal: 'guaranteed',
		granularityBytes: 128 * 1024 * 1024,
		devices: 1,
		needsDriver: false,
		needsSpecification: true,
		sentence: 'With a uuid for hot-plugged ranges in ACPI, which no specification has today.'
	},
	'virtio-mem': {
		title: 'virtio-mem as it is',
		guestSees: 'ram',
		keepsTag: false,
		keepsOrder: false,
		removal: 'best effort',
		granularityBytes: 2 * 1024 * 1024,
		devices: 1,
		needsDriver: false,
		needsSpecification: false,
		sentence: 'RAM in small pieces, unplugged where the guest lets go.'
	},
	'virtio-mem+tag': {
		title: 'virtio-mem, extended by tags and DAX',
		guestSees: 'dax',
		keepsTag: true,
		keepsOrder: false,
		removal: 'guaranteed',
		granularityBytes: 2 * 1024 * 1024,
		devices: 1,
		needsDriver: true,
		needsSpecification: true,
		sentence: 'Metadata, DAX and removal of named extents would have to be added to specification and driver.'
	},
	type3: {
		title: 'an emulated CXL type 3 device',
		guestSees: 'dax',
		keepsTag: true,
		keepsOrder: true,
		removal: 'guaranteed',
		granularityBytes: 2 * 1024 * 1024,
		/** Device, root port, host bridge. */
		devices: 3,
		needsDriver: true,
		needsSpecification: false,
		sentence: 'The same extents, tags and sequence numbers as on the host, and the same kernel path; series not merged.'
	}
} as const satisfies Record<string, Door>;

export interface Door {
	readonly title: string;
	readonly guestSees: 'ram' | 'dax';
	readonly keepsTag: boolean;
	/** Sequence numbers: without them several ranges cannot be put together as another host has them. */
	readonly keepsOrder: boolean;
	readonly removal: 'weak' | 'best effort' | 'guaranteed';
	readonly granularityBytes: number;
	/** Emulated devices that one piece of capacity needs. */
	readonly devices: number;
	readonly needsDriver: boolean;
	readonly needsSpecification: boolean;
	readonly sentence: string;
}
export type DoorName = keyof typeof DOORS;

/** What the customers of lesson 8 ask for. */
export const CUSTOMERS = {
	database: {
		title: 'a database in a VM',
		wants: ['tag', 'dax', 'removal', 'no new specification'],
		bytes: 64 * 1024 ** 3,
		extents: 1,
		shared: false
	},
	'micro-vm': {
		title: 'a micro-VM that starts in milliseconds',
		wants: ['one device', 'small pieces', 'nothing new'],
		bytes: 96 * 1024 ** 2,
		extents: 1,
		shared: false
	},
	'shared-data': {
		title: 'read-only data that many VMs share',
		wants: ['tag', 'dax', 'order'],
		bytes: 16 * 1024 ** 3,
		extents: 3,
		shared: true
	},
	'nested-vm': {
		title: 'a VM inside the VM',
		wants: ['tag', 'dax', 'removal', 'no new specification'],
		bytes: 8 * 1024 ** 3,
		extents: 2,
		shared: false
	}
} as const satisfies Record<string, Customer>;

export type Want = 'tag' | 'dax' | 'removal' | 'order' | 'one device' | 'small pieces' | 'nothing new' | 'no new specification';
export interface Customer {
	readonly title: string;
	readonly wants: readonly Want[];
	readonly bytes: number;
	readonly extents: number;
	readonly shared: boolean;
}
export type CustomerName = keyof typeof CUSTOMERS;

/** One piece of capacity behind one door, as the guest has it. */
export interface DoorAnswer {
	readonly door: DoorName;
	readonly customer: CustomerName;
	readonly guestSees: 'ram' | 'dax';
	/** The uuid as the guest reads it, or null. */
	readonly tag: string | null;
	/** The ranges can be put in the order of the tag. */
	readonly ordered: boolean;
	readonly removal: Door['removal'];
	/** Guest physical addresses that it takes. */
	readonly guestBytes: number;
	readonly devices: number;
	/** What was wanted and is not there. */
	readonly missing: readonly Want[];
	/** Content that others share is destroyed: the guest's kernel takes it as RAM. */
	readonly destroysShared: boolean;
	readonly satisfied: boolean;
	readonly says: string;
}
