import { memSleep } from '../../machine/suspend.ts';
import { hasSleepState3 } from '../../machine/firmware.ts';
import { machineOf } from '../../machine/machine-of.ts';
import { osRecord } from '../../mm/os/os.ts';
import type { World } from '../../state/world.ts';
import { directory, file, line, type Directory } from './tree.ts';

/** /sys/power (Linux 7.2.13 kernel/power/main.c): what `state` takes, and what mem means. */
export function powerDirectory(world: World, os: number): Directory {
	const now = memSleep(world, os);
	const words = hasSleepState3(machineOf(world, os)) ? ['s2idle', 'deep'] : ['s2idle'];
	return directory(() => ({
		mem_sleep: line(() => words.map((word) => (word === now ? `[${word}]` : word)).join(' '), true),
		state: line(() => 'freeze mem', true)
	}));
}

/** /sys/class/rtc (drivers/rtc/sysfs.c): the clock, and its alarm while one is set. */
export function clockDirectory(world: World, os: number): Directory {
	return directory(() => ({
		rtc0: directory(() => ({
			since_epoch: line(() => Math.floor(world.r.nowNs / 1e9)),
			wakealarm: file(() => {
				const atNs = osRecord(world, os).alarm?.atNs ?? -1;
				return atNs < 0 ? '' : `${Math.floor(atNs / 1e9)}\n`;
			}, true)
		}))
	}));
}
