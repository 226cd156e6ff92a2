import type { DeviceTraits } from './kinds.ts';

/** How QEMU keeps a vDPA device's maps over the change to shadow virtqueues and back. One choice = one strategy. */
export interface SwitchChoice {
	/** Guest memory at the change: taken out and mapped anew, kept where it is, or exchanged by one message. */
	readonly maps: 'remap' | 'identity' | 'update-all';
	/** Where the shadow rings go. `lowest`: first fit from the bottom, before guest memory (QEMU 10.2.2). */
	readonly rings: RingPlace;
	/** Pins come and go with the maps, or are held by a call of their own. */
	readonly pins: 'with-maps' | 'own-call';
	/** When the memory listener is registered, so when guest memory is mapped first. */
	readonly listener: ListenerPoint;
	/** Threads that map at the same time, 1 … 64. */
	readonly workers: number;
	/** Maps and unmaps of rings travel in a batch. */
	readonly batchRings: boolean;
	/** Rings are allocated and mapped before the device is suspended. */
	readonly ringsFirst: boolean;
	/** What a new QEMU process on the same device finds after a live update. */
	readonly liveUpdate: 'refused' | 'inherits';
}

export const RING_PLACES = {
	lowest: 'lowest free address, before guest memory',
	'first-hole': 'first hole from address 0 on',
	'above-ram': 'first hole above guest memory',
	'above-max': 'above everything that could ever be plugged',
	top: 'top of the device’s address range',
	'own-asid': 'an address space of their own'
} as const;
export type RingPlace = keyof typeof RING_PLACES;

export const LISTENER_POINTS = {
	'dev-start': { title: 'at the start of the device', source: 'QEMU up to 10.0, hw/virtio/vhost-vdpa.c' },
	'init-if-incoming': { title: 'at initialisation, if a migration is expected', source: 'Si-Wei Liu, c8aa11e034, June 2023' },
	'load-setup': { title: 'when the stream begins, in a thread of its own', source: 'E. Pérez, load_setup series, December 2023' },
	init: { title: 'at initialisation, never taken back', source: 'E. Pérez, qemu-devel, April 2023' },
	'set-owner': { title: 'when the device gets its owner', source: 'QEMU 10.1, J. Palmer, May 2025' }
} as const;
export type ListenerPoint = keyof typeof LISTENER_POINTS;

/** What a strategy needs of the device, of the kernel, or of the guest. */
export const NEEDS = {
	'keep-map': 'the map has to survive a reset (IOTLB_PERSIST), or the device has to SUSPEND and RESUME',
	'two-spaces': 'two address spaces and a group of descriptors (DESC_ASID)',
	'no-viommu': 'no virtual IOMMU in the guest, which may use any address',
	'new-message': 'a message that Linux does not have (INVALIDATE_AND_UPDATE_ALL)',
	'pin-call': 'a call for pinning alone that Linux does not have',
	'owner-call': 'a call that changes the owner and that Linux does not have (CHANGE_OWNER)',
	window: 'free addresses for the rings'
} as const;
export type Need = keyof typeof NEEDS;

/** What this choice needs. Pure; the engine refuses with the first need that the device does not meet. */
export function needsOf(choice: SwitchChoice): readonly Need[] {
	const needs: Need[] = [];
	if (choice.rings === 'own-asid') needs.push('two-spaces');
	if (choice.maps === 'identity') needs.push('keep-map');
	if (choice.maps === 'identity' && choice.rings !== 'own-asid') needs.push('no-viommu');
	if (choice.maps === 'update-all') needs.push('new-message');
	if (choice.pins === 'own-call') needs.push('pin-call');
	if (choice.liveUpdate === 'inherits') needs.push('owner-call');
	return needs;
}

/** Needs that this device or this scenario does not meet. `proposals`: kernel calls that are only proposed may be used. */
export function unmetNeeds(
	choice: SwitchChoice,
	traits: DeviceTraits,
	world: { readonly viommu: boolean; readonly proposals: boolean }
): readonly Need[] {
	return needsOf(choice).filter((need) => {
		switch (need) {
			case 'two-spaces':
				return traits.addressSpaces < 2 || !traits.descriptorGroup;
			case 'keep-map':
				return !traits.keepsMap && !(traits.suspend && traits.resume);
			case 'no-viommu':
				return world.viommu;
			case 'new-message':
			case 'pin-call':
			case 'owner-call':
				return !world.proposals;
			case 'window':
				return false;
		}
	});
}

/** QEMU 10.2.2 as it is. */
export const TODAY: SwitchChoice = {
	maps: 'remap',
	rings: 'lowest',
	pins: 'with-maps',
	listener: 'set-owner',
	workers: 1,
	batchRings: false,
	ringsFirst: false,
	liveUpdate: 'refused'
};

export interface NamedStrategy {
	readonly letter: string;
	readonly title: string;
	readonly sentence: string;
	/** Whether anybody can use it today. */
	readonly state: 'merged' | 'kernel only' | 'on the list' | 'proposed';
	readonly source: string;
	readonly choice: SwitchChoice;
}

const LIST = 'S2: Si-Wei Liu and E. Pérez, qemu-devel, July 2023';

/** Every way of the thread to change to shadow virtqueues, by name. Formulas: docs/model. */
export const SWITCH_STRATEGIES = {
	'full-remap': {
		letter: 'a',
		title: 'full unmap, full remap',
		sentence: 'All guest memory is unmapped, unpinned, mapped behind the rings and pinned again.',
		state: 'merged',
		source: 'QEMU 10.2.2 hw/virtio/vhost-vdpa.c',
		choice: TODAY
	},
	'identity-hole': {
		letter: 'b',
		title: 'identity map kept, rings in a free hole',
		sentence: 'Guest memory stays where it is; the rings go into the first hole above it.',
		state: 'on the list',
		source: LIST,
		choice: { ...TODAY, maps: 'identity', rings: 'above-ram', batchRings: true }
	},
	'identity-high': {
		letter: 'b2',
		title: 'identity map kept, rings above all memory',
		sentence: 'The rings go above everything that could ever be plugged.',
		state: 'on the list',
		source: LIST,
		choice: { ...TODAY, maps: 'identity', rings: 'above-max', batchRings: true }
	},
	'identity-top': {
		letter: 'b3',
		title: 'identity map kept, rings at the top',
		sentence: 'The rings take the highest addresses that the device can use.',
		state: 'on the list',
		source: LIST,
		choice: { ...TODAY, maps: 'identity', rings: 'top', batchRings: true }
	},
	'own-asid': {
		letter: 'c',
		title: 'own address space',
		sentence: 'The rings have an address space of their own; guest memory never moves.',
		state: 'kernel only',
		source: 'Linux since 2023, DESC_ASID and IOTLB_PERSIST; Si-Wei Liu, December 2023',
		choice: { ...TODAY, maps: 'identity', rings: 'own-asid' }
	},
	'update-all': {
		letter: 'd',
		title: 'one atomic message',
		sentence: 'The kernel exchanges all maps at once and keeps every page pinned that is in both.',
		state: 'proposed',
		source: LIST,
		choice: { ...TODAY, maps: 'update-all' }
	},
	'pin-early': {
		letter: 'e1',
		title: 'pinned before it is needed',
		sentence: 'The target maps guest memory when the device is opened; the switch itself stays as it is.',
		state: 'merged',
		source: 'QEMU 10.1, J. Palmer, May 2025',
		choice: { ...TODAY, listener: 'set-owner' }
	},
	'pin-call': {
		letter: 'e2',
		title: 'pinned by a call of its own',
		sentence: 'Pins belong to the process; maps come and go without them.',
		state: 'proposed',
		source: LIST,
		choice: { ...TODAY, pins: 'own-call' }
	},
	'parallel-maps': {
		letter: 'e3',
		title: 'maps in parallel',
		sentence: 'Several threads map at once; the lock on the process limits how much that helps.',
		state: 'on the list',
		source: LIST,
		choice: { ...TODAY, workers: 4 }
	},
	'rings-first': {
		letter: 'f',
		title: 'rings before the suspend',
		sentence: 'Added to b: the rings are mapped while the device still works.',
		state: 'on the list',
		source: LIST,
		choice: { ...TODAY, maps: 'identity', rings: 'above-max', batchRings: true, ringsFirst: true }
	},
	'live-update': {
		letter: 'g',
		title: 'a new process inherits the pins',
		sentence: 'A new QEMU takes over the device with its pins and maps.',
		state: 'proposed',
		source: LIST,
		choice: { ...TODAY, liveUpdate: 'inherits' }
	}
} as const satisfies Record<string, NamedStrategy>;
export type SwitchStrategyId = keyof typeof SWITCH_STRATEGIES;

/** How much k threads save: the lock on the address space lets no more than so many work at once. Our simplification. */
export function parallelSpeed(workers: number): number {
	// Amdahl with a fifth under the lock: 4 threads are worth 2.5, 64 are worth 4.7.
	return workers <= 1 ? 1 : 1 / (0.2 + 0.8 / workers);
}
