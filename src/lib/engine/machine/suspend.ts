import type { CallRecord } from '../state/machine-records.ts';
import { cxlOf } from '../cxl/find.ts';
import { OFFLINE_WALK } from '../mm/blocks/offline.ts';
import { configChangedOnWake, suspendDriver } from '../mm/drivers/kick.ts';
import { logName } from '../mm/drivers/notifier.ts';
import { endCall, wakeCall } from '../mm/os/calls.ts';
import { logLine, osRecord } from '../mm/os/os.ts';
import { KernelTimer, TIMER_KINDS } from '../mm/os/timers.ts';
import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import { emit } from '../sim/trace.ts';
import type { World } from '../state/world.ts';
import { finishRun } from '../virtio-mem/driver/run.ts';
import { hasSleepState3 } from './firmware.ts';
import { SHELL_WALK } from './hotplug-lock.ts';
import { machineOf } from './machine-of.ts';
import { letGoOn } from './run-state.ts';
import { tell } from './tell.ts';

/**
 * Suspend and wake-up (Linux 7.2.13 kernel/power/suspend.c; QEMU 10.0.13 system/runstate.c). To RAM, the machine is off but
 * for its memory, and waking it is a reset that virtio-mem takes no notice of; to idle, only the guest sleeps. Entering and
 * leaving take no time (our simplification). Hibernation is not available, as with nohibernate.
 */

/** What `mem` means now: S3 where the firmware has it and mem_sleep has not been set otherwise. */
export function memSleep(world: World, os: number): 'deep' | 's2idle' {
	return hasSleepState3(machineOf(world, os)) ? (osRecord(world, os).settings.memSleep ?? 'deep') : 's2idle';
}

/** echo WORD > /sys/power/mem_sleep. */
export function writeMemSleep(world: World, os: number, word: string): string | null {
	if (word !== 's2idle' && (word !== 'deep' || !hasSleepState3(machineOf(world, os)))) return 'EINVAL';
	osRecord(world, os).settings.memSleep = word;
	return null;
}

/** echo WORD > /sys/power/state. The write returns when the machine is awake again. */
export function suspendGuest(world: World, os: number, word: string, call: CallRecord): void {
	const to = word === 'freeze' ? 'idle' : word === 'mem' ? (memSleep(world, os) === 'deep' ? 'ram' : 'idle') : null;
	// kernel/power/hibernate.c, hibernation_available.
	if (to === null) return endCall(world, call, word === 'disk' ? 'EPERM' : 'EINVAL', null);
	const record = osRecord(world, os);
	logLine(world, os, `PM: suspend entry (${to === 'ram' ? 'deep' : 's2idle'})`);
	freezeWriters(world, os, call);
	const errno = refusal(world, os, to);
	if (errno !== null) {
		logLine(world, os, `PM: suspend exit`);
		return endCall(world, call, errno, null);
	}
	for (const device of world.r.virtioMems) {
		if (device.os !== os || device.driver.state !== 'bound') continue;
		// Its work queue is freezable: what runs is finished first.
		finishRun(world, device);
		suspendDriver(device);
	}
	call.work = { asleep: true };
	call.waitingFor = 'the machine sleeps';
	record.sleep = { to, call: call.id };
	record.state = 'suspended';
	emit(world, {
		kind: 'request',
		rule: 'suspend',
		cause: call.causeSeq,
		host: record.id,
		vm: null,
		values: { machine: record.id, to },
		text: `${record.id} suspends to ${to === 'ram' ? 'RAM' : 'idle'}`
	});
	if (to === 'ram') tell(world, record, 'SUSPEND');
}

const offlines = (call: CallRecord): boolean =>
	call.work['walk'] === OFFLINE_WALK || (call.work['walk'] === SHELL_WALK && call.work['inside'] === true);

/** The freezer of tasks looks like a signal to them: whoever offlines a memory block gives up (kernel/freezer.c, freeze_task). */
function freezeWriters(world: World, os: number, sleeper: CallRecord): void {
	for (const call of world.r.calls)
		if (call !== sleeper && call.os === os && call.state === 'running' && offlines(call)) {
			call.work['signal'] = true;
			wakeCall(world, call);
		}
}

/** Who does not let the machine sleep; null: nobody. */
function refusal(world: World, os: number, to: 'ram' | 'idle'): string | null {
	// drivers/cxl/mem.c, cxl_mem_active_inc: what CXL memory keeps over S3 is unknown, so there is none with it.
	if (to === 'ram' && (cxlOf(world, os)?.memdevs.length ?? 0) > 0) return 'ENOSYS';
	for (const device of world.r.virtioMems) {
		if (device.os !== os || device.driver.state !== 'bound') continue;
		// The first merged version of the older profile never let a machine sleep (Linux 5.8 drivers/virtio/virtio_mem.c).
		if (osRecord(world, os).profile === 'rfc-v4-2020') {
			logLine(world, os, `${logName(world, device)}: save/restore not supported.`);
			return 'EPERM';
		}
		// PERSISTENT_SUSPEND (feature 2) is offered exactly where waking up is: to RAM it is always there.
	}
	return null;
}

/** system_wakeup, or the alarm of the clock. To idle only the latter wakes. Null, or QEMU's text. */
export function wakeMachine(world: World, os: number, by: 'monitor' | 'alarm'): string | null {
	const record = osRecord(world, os);
	const { sleep } = record;
	if (by === 'monitor' && !hasSleepState3(machineOf(world, os))) return 'wake-up from suspend is not supported by this guest';
	if (record.state !== 'suspended' || !sleep || (by === 'monitor' && sleep.to === 'idle'))
		return 'Unable to wake up: guest is not in suspended state';
	delete record.sleep;
	record.state = 'running';
	const cause = emit(world, {
		kind: 'request',
		rule: 'suspend',
		cause: null,
		host: record.id,
		vm: null,
		values: { machine: record.id, by },
		text: `${record.id} wakes up`
	});
	if (sleep.to === 'ram') tell(world, record, 'WAKEUP');
	logLine(world, os, 'PM: suspend exit');
	for (const device of world.r.virtioMems) if (device.os === os) configChangedOnWake(world, device, cause);
	const call = world.r.calls.find((each) => each.id === sleep.call && each.state === 'running');
	if (call) endCall(world, call, null, null);
	letGoOn(world, os);
	return null;
}

/**
 * wakealarm of rtc0 (Linux 7.2.13 drivers/rtc/sysfs.c): seconds of the clock, or +seconds from now; a time that is over
 * takes the alarm back. The clock counts from the start of the world (our simplification).
 */
export function setAlarm(world: World, os: number, value: string): string | null {
	const record = osRecord(world, os);
	const match = /^(\+?)(\d{1,9})\s*$/.exec(value);
	if (!match) return 'EINVAL';
	const now = Math.floor(world.r.nowNs / 1e9);
	const at = Number(match[2]) + (match[1] === '+' ? now : 0);
	const generation = (record.alarm?.generation ?? 0) + 1;
	if (at <= now) {
		record.alarm = { atNs: -1, generation };
		return null;
	}
	if (record.alarm && record.alarm.atNs >= 0) return 'EBUSY';
	record.alarm = { atNs: at * 1e9, generation };
	schedule(world, at * 1e9, EventKind.kernelTimer, os, KernelTimer.wakeAlarm + TIMER_KINDS * generation);
	return null;
}

/** The alarm rings: a machine that is stopped does not hear it. */
export function alarmRings(world: World, os: number, generation: number): void {
	const record = osRecord(world, os);
	if (!record.alarm || record.alarm.atNs < 0 || record.alarm.generation !== generation) return;
	record.alarm.atNs = -1;
	if (record.state === 'suspended') wakeMachine(world, os, 'alarm');
}
