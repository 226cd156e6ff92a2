/**
 * Goal: the monitor's answers about memory devices, values and errors as QEMU gives them (virtio-mem reference 4.1, 4.3).
 * Method: one machine with a device behind a root port; each command's whole answer is compared.
 */
import { beforeEach, describe, expect, it } from 'vitest';
import { GIB, MIB } from '$lib/base/units.ts';
import type { QmpArguments } from '$lib/engine/contract/machine-commands.ts';
import type { Simulation } from '$lib/engine/index.ts';
import type { OsRecord, VirtioMemRecord } from '$lib/engine/state/machine-records.ts';
import { ask, machine, VIRTIO_MEM } from '../../../support/machines.ts';

let simulation: Simulation;
beforeEach(() => {
	simulation = machine(VIRTIO_MEM, 'memhp_default_state=online_movable');
	simulation.advance(1e8);
});

const qmp = (execute: string, args?: QmpArguments): unknown =>
	ask(simulation, { name: 'qmp', execute, ...(args ? { arguments: args } : {}) }).value;
const error = (desc: string, kind = 'GenericError') => ({ error: { class: kind, desc } });
const set = (property: string, value: number | string | boolean): unknown =>
	qmp('qom-set', { path: '/machine/peripheral/vm0', property, value });
const get = (property: string): unknown => qmp('qom-get', { path: 'vm0', property });
const device = (): VirtioMemRecord => simulation.world.r.virtioMems[0] as VirtioMemRecord;
const os = (): OsRecord => simulation.world.r.oses[0] as OsRecord;
const settle = (seconds: number): void => {
	simulation.advance(simulation.nowNs + seconds * 1e9);
};

describe('qom-set', () => {
	it.each([
		['requested-size', 3 * MIB, "'requested-size' has to be multiples of 'block-size' (0x200000)"],
		['requested-size', 4 * GIB, "'requested-size' cannot exceed the memory backend size(0x80000000)"],
		['requested-size', '1G', "Parameter 'requested-size' expects uint64"],
		['block-size', 4 * MIB, "'block-size' cannot be changed"],
		['size', 256 * MIB, "Property 'virtio-mem.size' is not writable"],
		['memaddr', 0, "Attempt to set property 'memaddr' on anonymous device (type 'virtio-mem') after it was realized"],
		['node', 0, "Attempt to set property 'node' on anonymous device (type 'virtio-mem') after it was realized"],
		['prealloc', true, "Attempt to set property 'prealloc' on anonymous device (type 'virtio-mem') after it was realized"],
		['memdev', '/objects/mem0', "Attempt to set link property 'memdev' on device '(null)' (type 'virtio-mem') after it was realized"],
		['colour', 'blue', "Property 'virtio-mem-pci.colour' not found"]
	])('%s to %s is refused', (property, value, text) => {
		expect(set(property, value)).toEqual(error(text));
		expect(device().requestedBytes).toBe(0);
	});

	it('usable only grows', () => {
		set('requested-size', GIB);
		set('requested-size', 0);
		expect(device().usableBytes).toBe(1280 * MIB);
	});

	it('no such device', () => {
		expect(qmp('qom-set', { path: '/machine/peripheral/vm7', property: 'requested-size', value: 0 })).toEqual(
			error("Device '/machine/peripheral/vm7' not found", 'DeviceNotFound')
		);
	});
});

describe('qom-get', () => {
	it.each([
		['size', 0],
		['requested-size', 0],
		['block-size', 2 * MIB],
		['memaddr', 4 * GIB],
		['node', 0],
		['memdev', '/objects/mem0'],
		['prealloc', false],
		['dynamic-memslots', false],
		['unplugged-inaccessible', 'on']
	])('%s', (property, value) => {
		expect(get(property)).toEqual({ return: value });
	});
});

describe('query-memory-devices', () => {
	it('tells the sizes but not the usable one', () => {
		set('requested-size', 128 * MIB);
		settle(1);
		const data = {
			id: 'vm0',
			memaddr: 4 * GIB,
			'requested-size': 128 * MIB,
			size: 128 * MIB,
			'max-size': 2 * GIB,
			'block-size': 2 * MIB,
			node: 0,
			memdev: '/objects/mem0'
		};
		expect(qmp('query-memory-devices')).toEqual({ return: [{ type: 'virtio-mem', data }] });
		expect(qmp('query-memory-size-summary')).toEqual({ return: { 'base-memory': GIB, 'plugged-memory': 128 * MIB } });
	});
});

describe('objects and devices', () => {
	const add = (id: string, more: QmpArguments = {}): unknown =>
		qmp('device_add', { driver: 'virtio-mem-pci', id, memdev: 'm1', bus: 'rp0', ...more });

	it('a backend comes, is used, and cannot go while it is', () => {
		expect(qmp('object-add', { 'qom-type': 'memory-backend-ram', id: 'm1', size: GIB })).toEqual({ return: {} });
		expect(qmp('object-add', { 'qom-type': 'memory-backend-ram', id: 'm1', size: GIB })).toEqual(
			error("attempt to add duplicate property 'm1' to object (type 'container')")
		);
		expect(add('vm1')).toEqual({ return: {} });
		expect(qmp('object-del', { id: 'm1' })).toEqual(error("object 'm1' is in use, can not be deleted"));
		expect(simulation.world.r.virtioMems.map((each) => [each.id, each.addr, each.driver.state])).toEqual([
			['vm0', 4 * GIB, 'bound'],
			['vm1', 6 * GIB, 'bound']
		]);
		expect(add('vm1')).toEqual(error("Duplicate device ID 'vm1'"));
		expect(simulation.check().checks.filter((check) => !check.holds)).toEqual([]);
	});

	it('the root bus of q35 knows no hotplug', () => {
		qmp('object-add', { 'qom-type': 'memory-backend-ram', id: 'm1', size: GIB });
		expect(add('vm1', { bus: 'pcie.0' })).toEqual(error("Bus 'pcie.0' does not support hotplugging"));
		expect(qmp('object-del', { id: 'm1' })).toEqual({ return: {} });
	});

	it('a device leaves only when it holds nothing and nothing is wished', () => {
		set('requested-size', 128 * MIB);
		settle(1);
		expect(qmp('device_del', { id: 'vm0' })).toEqual(
			error('virtio-mem device cannot get unplugged while some of its memory is still plugged')
		);
		set('requested-size', 0);
		settle(1);
		qmp('stop');
		set('requested-size', 2 * MIB);
		expect(qmp('device_del', { id: 'vm0' })).toEqual(error("virtio-mem device cannot get unplugged while 'requested-size' != '0'"));
		set('requested-size', 0);
		qmp('cont');
		expect(qmp('device_del', { id: 'vm0' })).toEqual({ return: {} });
		expect(qmp('device_del', { id: 'vm0' })).toEqual(error('Device vm0 is already in the process of unplug'));
		expect(set('requested-size', 2 * MIB)).toEqual(error("'requested-size' cannot be changed if the device is in the process of unplug"));
		settle(0.002);
		expect(qmp('device_del', { id: 'vm0' })).toEqual(error("Device 'vm0' not found", 'DeviceNotFound'));
		expect(
			os()
				.qmpEvents.map((event) => event.event)
				.slice(-2)
		).toEqual(['DEVICE_DELETED', 'DEVICE_DELETED']);
		expect(qmp('query-memory-devices')).toEqual({ return: [] });
	});
});

describe('stop, cont, migrate', () => {
	it('a stopped machine takes wishes and does nothing; cont lets it', () => {
		qmp('stop');
		expect(qmp('query-status')).toEqual({ return: { running: false, status: 'paused' } });
		set('requested-size', 512 * MIB);
		settle(100);
		expect(device().pluggedBytes).toBe(0);
		qmp('cont');
		settle(1);
		expect(device().pluggedBytes).toBe(512 * MIB);
		expect(os().qmpEvents.map((event) => event.event)).toEqual(['STOP', 'RESUME']);
	});

	it('programs and files of a stopped machine wait for cont; a signal takes them back', () => {
		qmp('stop');
		const touched = ask(simulation, { name: 'process', process: 'p', words: 'map a 4M' }, 5);
		const other = ask(simulation, { name: 'write-file', path: '/sys/devices/system/memory/auto_online_blocks', value: 'offline' }, 5);
		expect([touched.state, touched.waitingFor, other.state]).toEqual(['running', 'the machine is stopped', 'running']);
		simulation.send({ name: 'signal', machine: 'm', call: other.id });
		qmp('cont');
		settle(1);
		const find = (id: number) => simulation.world.r.calls.find((call) => call.id === id);
		expect([find(touched.id)?.errno, find(other.id)?.errno, os().settings.autoOnline]).toEqual([null, 'EINTR', 'online_movable']);
	});

	it('the retry timer stands still while the machine is stopped', () => {
		qmp('migrate', { uri: 'tcp:other:4444' });
		set('requested-size', 128 * MIB);
		settle(1);
		qmp('migrate_cancel');
		qmp('stop');
		settle(200);
		qmp('cont');
		settle(45);
		expect(device().pluggedBytes).toBe(0);
		settle(5);
		expect(device().pluggedBytes).toBe(128 * MIB);
	});

	it('a migration ends by itself: the machine is stopped and no longer busy', () => {
		qmp('migrate-set-parameters', { 'max-bandwidth': GIB });
		expect(qmp('migrate', {})).toEqual(error("need either 'uri' or 'channels' argument"));
		expect(qmp('migrate', { uri: 'tcp:other:4444' })).toEqual({ return: {} });
		expect(qmp('query-migrate')).toEqual({ return: { status: 'active' } });
		expect(qmp('migrate', { uri: 'tcp:other:4444' })).toEqual(error("There's a migration process in progress"));
		settle(2);
		expect(qmp('query-migrate')).toEqual({ return: { status: 'completed' } });
		expect([os().migrating, os().state]).toEqual(['none', 'paused']);
	});
});

it('a command that is none', () => {
	expect(qmp('make-coffee')).toEqual(error('The command make-coffee has not been found', 'CommandNotFound'));
});

describe('human-monitor-command', () => {
	const monitor = (line: string): unknown => qmp('human-monitor-command', { 'command-line': line });

	it('info memory-devices, with the ends of lines of a terminal', () => {
		expect(monitor('info memory-devices')).toEqual({
			return:
				'Memory device [virtio-mem]: "vm0"\r\n  memaddr: 0x100000000\r\n  node: 0\r\n  requested-size: 0\r\n  size: 0\r\n' +
				'  max-size: 2147483648\r\n  block-size: 2097152\r\n  memdev: /objects/mem0\r\n'
		});
	});
	it('info numa counts what was plugged', () => {
		expect(monitor('info numa')).toEqual({ return: '1 nodes\r\nnode 0 cpus: 0 1\r\nnode 0 size: 1024 MB\r\nnode 0 plugged: 0 MB\r\n' });
		set('requested-size', 256 * MIB);
		settle(5);
		expect(monitor('info numa')).toEqual({ return: '1 nodes\r\nnode 0 cpus: 0 1\r\nnode 0 size: 1280 MB\r\nnode 0 plugged: 256 MB\r\n' });
	});
	it('a word of the monitor acts as its request does, and says its error', () => {
		expect(monitor('qom-set vm0 requested-size 64M')).toEqual({ return: '' });
		expect(get('requested-size')).toEqual({ return: 64 * MIB });
		expect(monitor('qom-set vm0 requested-size 3M')).toEqual({
			return: "Error: 'requested-size' has to be multiples of 'block-size' (0x200000)\r\n"
		});
		expect(monitor('qom-get vm0 requested-size')).toEqual({ return: `${64 * MIB}\r\n` });
	});
	it('what there is not', () => {
		expect(monitor('dance')).toEqual({ return: "unknown command: 'dance'\r\n" });
		expect(monitor('info dance')).toEqual({ return: "unknown command: 'info dance'\r\n" });
		expect(qmp('human-monitor-command')).toEqual(error("Parameter 'command-line' is missing"));
	});
});

it('a size of 64 bits is compared, not refused as no number', () => {
	expect(set('requested-size', 2 ** 63)).toEqual(error("'requested-size' cannot exceed the memory backend size(0x80000000)"));
	expect(set('requested-size', 2 ** 64)).toEqual(error("Parameter 'requested-size' expects uint64"));
});

it('query-acpi-ospm-status tells the last _OST of every slot, and all CPUs', () => {
	const none = (slot: string, type: string) => ({ source: 0, status: 0, slot, 'slot-type': type });
	const cpus = [none('0', 'CPU'), none('1', 'CPU')];
	const slots = (first: unknown): unknown => ({ return: [first, none('1', 'DIMM'), none('2', 'DIMM'), none('3', 'DIMM'), ...cpus] });
	expect(qmp('query-acpi-ospm-status')).toEqual(slots(none('0', 'DIMM')));
	qmp('object-add', { 'qom-type': 'memory-backend-ram', id: 'd', size: 256 * MIB });
	qmp('device_add', { driver: 'pc-dimm', id: 'dimm0', memdev: 'd' });
	settle(2);
	expect(qmp('query-acpi-ospm-status')).toEqual(slots({ device: 'dimm0', source: 1, status: 0, slot: '0', 'slot-type': 'DIMM' }));
	qmp('device_del', { id: 'dimm0' });
	settle(5);
	expect(qmp('query-acpi-ospm-status')).toEqual(slots({ source: 3, status: 0, slot: '0', 'slot-type': 'DIMM' }));
});

describe('vhost-vdpa beside virtio-mem', () => {
	const netdev = { type: 'vhost-vdpa', id: 'net0', vhostdev: '/dev/vhost-vdpa-0' };

	it('is refused while a virtio-mem device is there', () => {
		expect(qmp('netdev_add', netdev)).toEqual(error('Cannot set discarding of RAM broken'));
		expect(qmp('netdev_del', { id: 'net0' })).toEqual(error("Device 'net0' not found", 'DeviceNotFound'));
	});
	it('keeps a virtio-mem device out while it is there', () => {
		simulation = machine('-machine q35 -smp 2 -m 2G,slots=2,maxmem=8G -device pcie-root-port,id=rp0,bus=pcie.0,chassis=0,slot=0');
		simulation.advance(1e8);
		qmp('object-add', { 'qom-type': 'memory-backend-ram', id: 'm1', size: GIB });
		const add = () => qmp('device_add', { driver: 'virtio-mem-pci', id: 'vm1', memdev: 'm1', bus: 'rp0' });
		expect(qmp('netdev_add', netdev)).toEqual({ return: {} });
		expect(qmp('netdev_add', netdev)).toEqual(error("Duplicate ID 'net0' for netdev"));
		expect(add()).toEqual(error('Discarding RAM is disabled'));
		expect(qmp('netdev_del', { id: 'net0' })).toEqual({ return: {} });
		expect(add()).toEqual({ return: {} });
	});
});
