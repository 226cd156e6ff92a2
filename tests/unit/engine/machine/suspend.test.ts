/**
 * Goal: sleep and wake-up as Linux, QEMU and virtio-mem have them (virtio-mem reference 2.2 and 4.4).
 * Method: words of the shell and of the monitor; sizes, states, events and errors after each.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { typed } from '../../../support/console.ts';
import { ask, machine, memoryState, settle, THREE_NODES, VIRTIO_MEM, write } from '../../../support/machines.ts';
import { expectSound } from '../../../support/worlds.ts';

const MIB = 2 ** 20;
const STATE = '/sys/power/state';
const device = (simulation: Simulation) => simulation.world.r.virtioMems[0] as NonNullable<Simulation['world']['r']['virtioMems'][0]>;
const events = (simulation: Simulation): string[] => (simulation.world.r.oses[0]?.qmpEvents ?? []).map((each) => each.event);
const qmp = (simulation: Simulation, execute: string): unknown => ask(simulation, { name: 'qmp', execute }).value;
const later = (simulation: Simulation, seconds: number): void => void simulation.advance(simulation.nowNs + seconds * 1e9);

function sleeping(args = VIRTIO_MEM, options = {}, word = 'mem'): { simulation: Simulation; call: number } {
	const simulation = machine(args, 'memhp_default_state=online_movable', options);
	if (device(simulation)) {
		typed(simulation, 'qom-set vm0 requested-size 512M');
		later(simulation, 5);
	}
	const given = simulation.send({ name: 'write-file', machine: 'm', path: STATE, value: word });
	if (!given.ok) throw new Error(given.detail);
	later(simulation, 1);
	return { simulation, call: given.value.call as number };
}

describe('suspend to RAM', () => {
	it('keeps what is plugged; the write returns with the wake-up', () => {
		const { simulation, call } = sleeping();
		expect(qmp(simulation, 'query-status')).toEqual({ return: { running: false, status: 'suspended' } });
		expect(qmp(simulation, 'query-current-machine')).toEqual({ return: { 'wakeup-suspend-support': true } });
		expect(typed(simulation, '(qemu) info status')).toBe('VM status: paused (suspended)\n');
		expect(device(simulation).pluggedBytes).toBe(512 * MIB);
		expect(simulation.status().machines[0]?.state).toBe('suspended');
		later(simulation, 100);
		expect(qmp(simulation, 'system_wakeup')).toEqual({ return: {} });
		expect(settle(simulation, call)).toMatchObject({ state: 'done', errno: null });
		later(simulation, 100);
		expect(device(simulation).pluggedBytes).toBe(512 * MIB);
		expect(typed(simulation, 'cat /proc/meminfo')).toMatch(/MemTotal: +1\d{6} kB/);
		expect(events(simulation).filter((event) => event !== 'MEMORY_DEVICE_SIZE_CHANGE')).toEqual(['SUSPEND', 'WAKEUP']);
		expect(typed(simulation, 'dmesg')).toMatch(/PM: suspend entry \(deep\)\n[^]*PM: suspend exit\n/);
		expectSound(simulation);
	});

	it('the guest hears of a new wish when it wakes up, not before', () => {
		const { simulation } = sleeping();
		typed(simulation, 'qom-set vm0 requested-size 1G');
		later(simulation, 400);
		expect(device(simulation).pluggedBytes).toBe(512 * MIB);
		qmp(simulation, 'system_wakeup');
		later(simulation, 5);
		expect(device(simulation).pluggedBytes).toBe(1024 * MIB);
		expectSound(simulation);
	});

	it('a driver that waits for its timer looks at once after the wake-up', () => {
		const simulation = machine(VIRTIO_MEM, 'memhp_default_state=online_kernel');
		typed(simulation, 'qom-set vm0 requested-size 512M');
		later(simulation, 5);
		for (const words of ['map a 600M', 'touch a', 'pin a 4K@300M']) ask(simulation, { name: 'process', process: 'p', words }, 60);
		typed(simulation, 'qom-set vm0 requested-size 0');
		later(simulation, 20);
		const stuck = device(simulation).pluggedBytes;
		expect(stuck).toBeGreaterThan(0);
		expect(device(simulation).driver.timerNs).toBeGreaterThan(simulation.nowNs);
		ask(simulation, { name: 'process-end', process: 'p' });
		later(simulation, 13);
		expect(device(simulation).pluggedBytes).toBe(stuck);
		simulation.send({ name: 'write-file', machine: 'm', path: STATE, value: 'mem' });
		later(simulation, 1);
		qmp(simulation, 'system_wakeup');
		later(simulation, 5);
		expect(device(simulation).pluggedBytes).toBeLessThan(stuck);
		expectSound(simulation);
	});

	it('a system reset ends the sleep: all is unplugged, cont boots', () => {
		const { simulation, call } = sleeping();
		qmp(simulation, 'system_reset');
		expect(device(simulation).pluggedBytes).toBe(0);
		expect(settle(simulation, call).state).toBe('done');
		expect(qmp(simulation, 'query-status')).toEqual({ return: { running: false, status: 'prelaunch' } });
		qmp(simulation, 'cont');
		later(simulation, 5);
		expect(device(simulation).pluggedBytes).toBe(512 * MIB);
		expectSound(simulation);
	});

	it('cont does not wake it; stop and cont go back to sleep', () => {
		const { simulation } = sleeping();
		qmp(simulation, 'cont');
		expect(qmp(simulation, 'query-status')).toMatchObject({ return: { status: 'suspended' } });
		qmp(simulation, 'stop');
		expect(qmp(simulation, 'query-status')).toMatchObject({ return: { status: 'paused' } });
		expect(qmp(simulation, 'system_wakeup')).toMatchObject({ error: { desc: 'Unable to wake up: guest is not in suspended state' } });
		qmp(simulation, 'cont');
		expect(qmp(simulation, 'query-status')).toMatchObject({ return: { status: 'suspended' } });
		qmp(simulation, 'system_wakeup');
		expect(qmp(simulation, 'query-status')).toMatchObject({ return: { status: 'running' } });
	});

	it('programs and walks stand still meanwhile; who offlines a block is interrupted', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=online_movable');
		for (const words of ['map a 4M', 'nothp a', 'touch a', 'vmsplice a 4K']) ask(simulation, { name: 'process', process: 'p', words });
		ask(simulation, { name: 'qmp', execute: 'object-add', arguments: { 'qom-type': 'memory-backend-ram', id: 'mem', size: 2 ** 27 } });
		ask(simulation, { name: 'qmp', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm', memdev: 'mem', node: 2 } });
		later(simulation, 2);
		for (const words of ['map b 4M', 'nothp b', 'bind b bind 2', 'touch b', 'vmsplice b 4K'])
			ask(simulation, { name: 'process', process: 'p', words });
		const offline = ask(simulation, { name: 'write-file', path: memoryState(32), value: 'offline' }, 2);
		expect(offline.state).toBe('running');
		const pause = simulation.send({ name: 'process', machine: 'm', process: 'q', words: 'sleep 3' });
		simulation.send({ name: 'write-file', machine: 'm', path: STATE, value: 'mem' });
		later(simulation, 60);
		const sleeper = simulation.world.r.calls.find((call) => pause.ok && call.id === pause.value.call);
		expect(sleeper?.state).toBe('running');
		qmp(simulation, 'system_wakeup');
		later(simulation, 5);
		expect(sleeper?.state).toBe('done');
		expect(settle(simulation, offline.id)).toMatchObject({ state: 'done', errno: 'EINTR' });
		expect(typed(simulation, `cat ${memoryState(32)}`)).toBe('online\n');
		expectSound(simulation);
	});

	it('the older driver never lets a machine sleep', () => {
		const { simulation, call } = sleeping(VIRTIO_MEM, { profile: 'rfc-v4-2020' });
		expect(settle(simulation, call)).toMatchObject({ state: 'done', errno: 'EPERM' });
		expect(typed(simulation, 'dmesg')).toContain('save/restore not supported.');
		expect(simulation.world.r.oses[0]?.state).toBe('running');
	});

	it('no sleep to RAM with CXL memory devices; to idle there is', () => {
		const cxl =
			'-machine q35,cxl=on,cxl-fmw.0.targets.0=cxl.1,cxl-fmw.0.size=4G -m 1G -object memory-backend-ram,id=v0,size=256M -device pxb-cxl,bus_nr=12,bus=pcie.0,id=cxl.1 -device cxl-rp,port=0,bus=cxl.1,id=rp0,chassis=0,slot=2 -device cxl-type3,bus=rp0,volatile-memdev=v0,id=cxl0';
		const simulation = machine(cxl);
		expect(write(simulation, STATE, 'mem')).toBe('ENOSYS');
		expect(write(simulation, STATE, 'freeze', 2)).toBe('DOES_NOT_RETURN');
	});
});

describe('sleep states and the clock', () => {
	it('a guest that idles is running for QEMU; only its clock wakes it', () => {
		const { simulation, call } = sleeping(VIRTIO_MEM, {}, 'freeze');
		expect(qmp(simulation, 'query-status')).toEqual({ return: { running: true, status: 'running' } });
		expect(qmp(simulation, 'system_wakeup')).toMatchObject({ error: { desc: 'Unable to wake up: guest is not in suspended state' } });
		expect(events(simulation)).not.toContain('SUSPEND');
		expect(settle(simulation, call, 500).state).toBe('running');
		qmp(simulation, 'system_reset');
		expectSound(simulation);
	});

	it('an alarm wakes it up after its seconds', () => {
		const simulation = machine();
		const ALARM = '/sys/class/rtc/rtc0/wakealarm';
		expect(write(simulation, ALARM, 'soon')).toBe('EINVAL');
		expect(write(simulation, ALARM, '+30')).toBe('OK');
		expect(write(simulation, ALARM, '+40')).toBe('EBUSY');
		expect(typed(simulation, `cat ${ALARM}`)).toBe('30\n');
		const sleep = ask(simulation, { name: 'write-file', path: STATE, value: 'mem' }, 60);
		expect(sleep).toMatchObject({ state: 'done', errno: null, endNs: 30e9 });
		expect(typed(simulation, `cat ${ALARM}`)).toBe('');
		expect(write(simulation, ALARM, '+30')).toBe('OK');
		expect(write(simulation, ALARM, '0')).toBe('OK');
		const idle = ask(simulation, { name: 'write-file', path: STATE, value: 'freeze' }, 60);
		expect(idle.state).toBe('running');
		expect(simulation.status().machines[0]?.calls.at(-1)?.waitingFor).toBe('the machine sleeps');
	});

	it('without S3 mem means idle, and the monitor cannot wake', () => {
		const simulation = machine(`${VIRTIO_MEM} -global ICH9-LPC.disable_s3=1`);
		expect(typed(simulation, 'cat /sys/power/mem_sleep')).toBe('[s2idle]\n');
		expect(write(simulation, '/sys/power/mem_sleep', 'deep')).toBe('EINVAL');
		expect(qmp(simulation, 'query-current-machine')).toEqual({ return: { 'wakeup-suspend-support': false } });
		expect(qmp(simulation, 'system_wakeup')).toMatchObject({ error: { desc: 'wake-up from suspend is not supported by this guest' } });
	});

	it('mem_sleep chooses; other words are refused', () => {
		const simulation = machine();
		expect(typed(simulation, 'cat /sys/power/mem_sleep /sys/power/state')).toBe('s2idle [deep]\nfreeze mem\n');
		expect(write(simulation, '/sys/power/mem_sleep', 's2idle')).toBe('OK');
		expect(typed(simulation, 'cat /sys/power/mem_sleep')).toBe('[s2idle] deep\n');
		expect(write(simulation, STATE, 'standby')).toBe('EINVAL');
		expect(write(simulation, STATE, 'disk')).toBe('EPERM');
	});
});
