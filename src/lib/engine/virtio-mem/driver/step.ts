import type { VirtioMemRecord } from '../../state/machine-records.ts';
import type { Errno } from './send.ts';

/** What one step of a run came to: it goes on after some time, or the run is over with an errno (null: all went well). */
export type Step =
	{ readonly done: false; readonly costNs: number } | { readonly done: true; readonly errno: Errno | null; readonly costNs: number };

export const goOn = (costNs: number): Step => ({ done: false, costNs });
export const over = (errno: Errno | null, costNs = 0): Step => ({ done: true, errno, costNs });

/** A number of the run's own notes (`driver.work`), so that a checkpoint holds the whole run. */
export function note(device: VirtioMemRecord, name: string, otherwise = 0): number {
	const value = device.driver.work[name];
	return typeof value === 'number' ? value : otherwise;
}

export function setNote(device: VirtioMemRecord, name: string, value: number): void {
	device.driver.work[name] = value;
}
