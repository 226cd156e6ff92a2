import { NS_PER_MS, NS_PER_S, NS_PER_US } from '../base/units.ts';
import { THIN } from '../base/format.ts';

/** A rung of the speed ladder as its stop says it: simulated time per second, "10 ms", "0.1 s". */
export function speedStop(nsPerSecond: number): string {
	if (nsPerSecond >= NS_PER_S / 10) return `${nsPerSecond / NS_PER_S}${THIN}s`;
	if (nsPerSecond >= NS_PER_MS / 10) return `${nsPerSecond / NS_PER_MS}${THIN}ms`;
	return `${nsPerSecond / NS_PER_US}${THIN}µs`;
}

/** The same in full, for the value of the slider. */
export function speedWords(nsPerSecond: number): string {
	if (nsPerSecond === NS_PER_S) return 'as fast as in life: 1 s of simulated time per second';
	return `${speedStop(nsPerSecond)} of simulated time per second`;
}
