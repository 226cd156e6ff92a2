/**
 * What a migration may be asked to do: names in QEMU's order, all off at first, and what excludes what. QEMU 11.0.50
 * (19 June 2026, on the way to 11.1) qapi/migration.json MigrationCapability, migration/options.c migrate_caps_check;
 * live-migration reference 3.
 */
export const CAPABILITIES = {
	xbzrle: 'Pages sent again go as differences.',
	'rdma-pin-all': 'RDMA pins all of the memory at once.',
	'auto-converge': 'vCPUs are throttled while the guest writes faster than the link carries.',
	events: 'Every change of status is told as an event.',
	'postcopy-ram': 'The guest may move before its memory has.',
	'x-colo': 'Both sides run in lockstep.',
	'release-ram': 'The source gives pages back as it has sent them.',
	'return-path': 'The target can answer.',
	'pause-before-switchover': 'The migration waits, with the guest stopped, for migrate-continue.',
	multifd: 'Pages go over several connections.',
	'dirty-bitmaps': 'Bitmaps of disks move along.',
	'postcopy-blocktime': 'The target counts how long vCPUs wait for pages.',
	'late-block-activate': 'Disks are taken over when the guest starts.',
	'x-ignore-shared': 'Memory in a named file that both sides map is not sent.',
	'validate-uuid': 'Both sides must have the same UUID.',
	'background-snapshot': 'The state of one moment is written out while the guest runs on.',
	'zero-copy-send': 'The kernel sends pages from where they lie.',
	'postcopy-preempt': 'Pages asked for overtake on a connection of their own.',
	'switchover-ack': 'The target must agree to the switch-over.',
	'dirty-limit': 'vCPUs that write too much are held back one by one.',
	'mapped-ram': 'Every page has its place in a file.'
} as const;
export type Capability = keyof typeof CAPABILITIES;
export const CAPABILITY_NAMES = Object.keys(CAPABILITIES) as readonly Capability[];

export const isCapability = (text: string): text is Capability => Object.hasOwn(CAPABILITIES, text);

/** What the check knows beside the names: of the process, of its parameters, of the machine. */
export interface CapabilitySituation {
	/** Before the change. */
	readonly before: readonly Capability[];
	/** The process listens for an incoming migration. */
	readonly incomingStarted: boolean;
	/** multifd-compression other than none, or TLS. */
	readonly compressed: boolean;
	readonly tls: boolean;
	/** KVM with a dirty ring. */
	readonly dirtyRing: boolean;
}

/** migrate_caps_check's list for background-snapshot. */
const NOT_WITH_SNAPSHOT: readonly Capability[] = [
	'postcopy-ram',
	'dirty-bitmaps',
	'postcopy-blocktime',
	'late-block-activate',
	'return-path',
	'multifd',
	'pause-before-switchover',
	'auto-converge',
	'release-ram',
	'rdma-pin-all',
	'xbzrle',
	'x-colo',
	'validate-uuid',
	'zero-copy-send'
];

/** QEMU's objection to a set of capabilities, in its words and in the order of its questions; null: none. */
export function capabilityProblem(wanted: readonly Capability[], situation: CapabilitySituation): string | null {
	const on = (name: Capability): boolean => wanted.includes(name);
	const late = (name: Capability): boolean => on(name) && !situation.before.includes(name) && situation.incomingStarted;
	if (on('x-colo') && !on('return-path')) return "Capability 'x-colo' requires capability 'return-path'";
	if (on('postcopy-ram') && on('x-ignore-shared')) return 'Postcopy is not compatible with ignore-shared';
	if (on('background-snapshot')) {
		const other = NOT_WITH_SNAPSHOT.find(on);
		if (other !== undefined) return `Background-snapshot is not compatible with ${other}`;
	}
	if (on('zero-copy-send') && (!on('multifd') || on('xbzrle') || situation.compressed || situation.tls))
		return 'Zero copy only available for non-compressed non-TLS multifd migration';
	if (on('postcopy-preempt') && !on('postcopy-ram')) return 'Postcopy preempt requires postcopy-ram';
	if (late('postcopy-preempt')) return 'Postcopy preempt must be set before incoming starts';
	if (late('multifd')) return 'Multifd must be set before incoming starts';
	if (on('switchover-ack') && !on('return-path')) return "Capability 'switchover-ack' requires capability 'return-path'";
	if (on('dirty-limit')) {
		if (on('auto-converge')) return 'dirty-limit conflicts with auto-converge either of then available currently';
		if (!situation.dirtyRing) return "dirty-limit requires KVM with accelerator property 'dirty-ring-size' set";
	}
	if (on('multifd') && on('xbzrle')) return 'Multifd is not compatible with xbzrle';
	if (on('mapped-ram') && on('xbzrle')) return 'Mapped-ram migration is incompatible with xbzrle';
	if (on('mapped-ram') && on('postcopy-ram')) return 'Mapped-ram migration is incompatible with postcopy';
	return null;
}

/** What rdma: addresses exclude (migrate_rdma_caps_check). */
export function rdmaProblem(wanted: readonly Capability[]): string | null {
	for (const [name, word] of [
		['xbzrle', 'XBZRLE'],
		['multifd', 'multifd'],
		['postcopy-ram', 'postcopy-ram']
	] as const)
		if (wanted.includes(name)) return `RDMA and ${word} can't be used together`;
	return null;
}

/** Those that both sides compare before anything is loaded (migration/savevm.c, should_validate_capability). */
export const VALIDATED: readonly Capability[] = ['x-ignore-shared', 'mapped-ram'];

/** What may be switched on and is not run: why not. The refusal says that it is ours. */
export const NOT_RUN: readonly { readonly capability: Capability; readonly sentence: string }[] = [
	{ capability: 'x-colo', sentence: 'two guests in lockstep, compared packet by packet, need a network that carries packets' },
	{ capability: 'background-snapshot', sentence: 'a write that waits until its page has been saved needs write protection by userfaultfd' }
];
