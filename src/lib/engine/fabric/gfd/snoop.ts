import type { GfdRecord } from '../../state/fabric-records.ts';
import { gdtOf, gdtReverse } from './decode.ts';

/**
 * The way back, as a back-invalidate snoop takes it (CXL 4.0 7.7.2.4): the snoop filter knows the requester's PID, its
 * decoders turn the device address into the address of that host. None or several of them is an internal error of the snoop
 * filter: null.
 */
export function snoopAddress(gfd: GfdRecord, pid: number, dpa: number): number | null {
	const [hit, ...more] = gdtReverse(gdtOf(gfd, pid), dpa);
	return hit && more.length === 0 ? hit.hpa : null;
}
