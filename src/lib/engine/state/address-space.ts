/** A range of virtual memory that is mapped in 2 MiB steps: the RAM of a VM, or one area of a process. Rows in `guestBlock`. */
export interface AddressSpace {
	readonly firstGuestBlock: number;
	readonly guestBlockCount: number;
}
