import { NS_PER_S, NS_PER_US } from '../../base/units.ts';
import { right } from './pad.ts';

/** dmesg: "[    1.234567] text" (kernel/printk/printk.c, print_time). */
export function kernelLog(lines: readonly { readonly atNs: number; readonly text: string }[]): string {
	return lines
		.map(({ atNs, text }) => {
			const seconds = Math.floor(atNs / NS_PER_S);
			const micros = Math.floor((atNs % NS_PER_S) / NS_PER_US);
			return `[${right(seconds, 5)}.${String(micros).padStart(6, '0')}] ${text}\n`;
		})
		.join('');
}
