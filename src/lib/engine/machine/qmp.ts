import type { QmpArguments, QmpValue } from '../contract/machine-commands.ts';
import { endCall } from '../mm/os/calls.ts';
import { osRecord } from '../mm/os/os.ts';
import type { CallRecord, JsonValue, VirtioMemRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { getProperty, propertyNames, setProperty } from '../virtio-mem/qom.ts';
import { HMP_ORDERS } from './hmp.ts';
import { hasSleepState3 } from './firmware.ts';
import { machineOf } from './machine-of.ts';
import { memoryDevices } from './memory-devices.ts';
import { ospmStatus } from './ospm-status.ts';
import { beginMigration, cancelMigration, queryMigration, setBandwidth } from './migration.ts';
import { CXL_QMP } from './qmp-cxl.ts';
import { addDevice, addNetdev, addObject, deleteDevice, deleteNetdev, deleteObject } from './qmp-devices.ts';
import { answer, failure, unless, type QmpAnswer } from './qmp-value.ts';
import { resetMachine } from './reset.ts';
import { continueMachine, stopMachine } from './run-state.ts';
import { wakeMachine } from './suspend.ts';

/**
 * The monitor (QEMU 10.0.13, qapi/): commands that have to do with memory and with whether the machine runs. The value of the
 * call is {"return": …} or {"error": {"class", "desc"}}; its errno is the error's class.
 */
type Command = (world: World, os: number, args: QmpArguments, call: CallRecord) => QmpAnswer;

const COMMANDS: Readonly<Record<string, Command>> = {
	'query-memory-devices': (world, os) => answer(memoryDevices(world, os)),
	'query-memory-size-summary': (world, os) =>
		answer({
			'base-memory': machineOf(world, os).ramBytes,
			'plugged-memory':
				world.r.virtioMems
					.filter((device) => device.os === os && device.state === 'plugged')
					.reduce((sum, device) => sum + device.pluggedBytes, 0) +
				world.r.dimms.filter((dimm) => dimm.os === os && dimm.state !== 'gone').reduce((sum, dimm) => sum + dimm.bytes, 0)
		}),
	'query-acpi-ospm-status': (world, os) => answer(ospmStatus(world, os)),
	'query-status': (world, os) => {
		const { state, sleep } = osRecord(world, os);
		// A guest that idles is asleep by itself: QEMU knows nothing of it.
		const status = state === 'suspended' && sleep?.to === 'idle' ? 'running' : state;
		return answer({ running: status === 'running', status });
	},
	'qom-get': qomGet,
	'qom-set': qomSet,
	'qom-list': qomList,
	'object-add': addObject,
	'object-del': deleteObject,
	device_add: addDevice,
	device_del: deleteDevice,
	netdev_add: addNetdev,
	netdev_del: deleteNetdev,
	stop: silent(stopMachine),
	cont: silent(continueMachine),
	system_reset: silent(resetMachine),
	system_wakeup: (world, os) => unless(wakeMachine(world, os, 'monitor')),
	'query-current-machine': (world, os) => answer({ 'wakeup-suspend-support': hasSleepState3(machineOf(world, os)) }),
	migrate: (world, os, args) =>
		args['uri'] === undefined && args['channels'] === undefined
			? failure("need either 'uri' or 'channels' argument")
			: unless(beginMigration(world, os)),
	migrate_cancel: silent(cancelMigration),
	'migrate-set-parameters': (world, os, args) => {
		const bandwidth = args['max-bandwidth'];
		if (typeof bandwidth === 'number') setBandwidth(world, os, bandwidth);
		return answer();
	},
	'migrate-set-capabilities': () => answer(),
	'query-migrate': (world, os) => answer(queryMigration(world, os)),
	'human-monitor-command': humanMonitor,
	qmp_capabilities: () => answer(),
	...CXL_QMP
};

export const QMP_COMMANDS: readonly string[] = Object.keys(COMMANDS);

export function runQmp(world: World, os: number, execute: string, args: QmpArguments, call: CallRecord): void {
	const command = COMMANDS[execute];
	const value = command ? command(world, os, args, call) : failure(`The command ${execute} has not been found`, 'CommandNotFound');
	endCall(world, call, 'error' in value ? value.error.class : null, value);
}

/** A command that always succeeds and has nothing to tell. */
function silent(act: (world: World, os: number) => void): Command {
	return (world, os) => {
		act(world, os);
		return answer();
	};
}

/** A line of the monitor in words; what it prints ends its lines as a terminal wants it (monitor/monitor.c, monitor_puts). */
function humanMonitor(world: World, os: number, args: QmpArguments, call: CallRecord): QmpAnswer {
	const line = args['command-line'];
	if (typeof line !== 'string') return failure("Parameter 'command-line' is missing");
	const words = line.trim().split(/\s+/);
	const asked = HMP_ORDERS[words[0] ?? '']?.(world, os, words);
	const told = (text: string): QmpAnswer => answer(text.replaceAll('\n', '\r\n'));
	if (asked === undefined) return told(`unknown command: '${words[0] ?? ''}'\n`);
	if ('text' in asked) return told(asked.text);
	const value = (COMMANDS[asked.execute] as Command)(world, os, asked.arguments ?? {}, call);
	if ('error' in value) return told(`Error: ${value.error.desc}\n`);
	return told(asked.execute === 'qom-get' ? `${JSON.stringify(value.return)}\n` : '');
}

/** Devices by their path, by a part of it, or by their id alone. */
function resolve(world: World, os: number, path: QmpValue | undefined): VirtioMemRecord | null {
	const name = String(path ?? '').replace(/^\/?(machine\/)?(peripheral\/)?/, '');
	return (
		world.r.virtioMems.find((device) => device.os === os && device.state === 'plugged' && device.id !== '' && device.id === name) ?? null
	);
}

const notFound = (path: QmpValue | undefined): QmpAnswer => failure(`Device '${String(path ?? '')}' not found`, 'DeviceNotFound');

function qomGet(world: World, os: number, args: QmpArguments): QmpAnswer {
	const device = resolve(world, os, args['path']);
	if (!device) return notFound(args['path']);
	const found = getProperty(device, String(args['property'] ?? ''));
	return 'error' in found ? failure(found.error) : answer(found.value);
}

function qomSet(world: World, os: number, args: QmpArguments, call: CallRecord): QmpAnswer {
	const device = resolve(world, os, args['path']);
	if (!device) return notFound(args['path']);
	return unless(setProperty(world, device, String(args['property'] ?? ''), (args['value'] ?? null) as JsonValue, call.causeSeq));
}

function qomList(world: World, os: number, args: QmpArguments): QmpAnswer {
	const device = resolve(world, os, args['path']);
	return device ? answer(propertyNames().map((name) => ({ name, type: typeof getProperty(device, name) }))) : notFound(args['path']);
}
