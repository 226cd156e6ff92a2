/**
 * What an event of kind `kernelTimer` is about: its second payload is one of these, plus 16 times a generation where the
 * timer can be outdated. The first payload is an index: of a device or of a machine. machine/events.ts joins them.
 */
export const KernelTimer = {
	/** A second after a size event went out; a: virtio-mem device. */
	sizeEvent: 1,
	/** A migration of the machine ends; a: machine. */
	migrationEnd: 2,
	/** A device that was asked to leave is gone; a: virtio-mem device. */
	deviceGone: 3,
	/** The time of a command under timeout(1) is over; a: call. */
	shellLimit: 4,
	/** The alarm of a machine's clock; a: machine. */
	wakeAlarm: 5
} as const;
export const TIMER_KINDS = 16;
