import { describe, expect, it } from 'vitest';
import { lineOf, sizeText } from '../../../../src/lib/engine/contract/console-lines.ts';
import type { MachineCommand } from '../../../../src/lib/engine/contract/machine-commands.ts';
import { machine, VIRTIO_MEM } from '../../../support/machines.ts';

/** What the picture sends, the line that the console shows for it, and back. */
const CASES: readonly (readonly [MachineCommand, string])[] = [
	[{ name: 'process', machine: 'm', process: 'p0', words: 'map a 64M' }, 'p0: map a 64M'],
	[{ name: 'process-end', machine: 'm', process: 'p0' }, 'p0: exit'],
	[
		{ name: 'write-file', machine: 'm', path: '/sys/devices/system/memory/memory5/state', value: 'offline' },
		'echo offline > /sys/devices/system/memory/memory5/state'
	],
	[
		{ name: 'write-file', machine: 'm', path: '/sys/devices/system/memory/auto_online_blocks', value: 'two words' },
		"echo 'two words' > /sys/devices/system/memory/auto_online_blocks"
	],
	[{ name: 'module', machine: 'm', module: 'virtio_mem', do: 'unload' }, 'rmmod virtio_mem'],
	[{ name: 'signal', machine: 'm', call: 12 }, '^C 12'],
	[{ name: 'qmp', machine: 'm', execute: 'stop' }, 'stop'],
	[
		{
			name: 'qmp',
			machine: 'm',
			execute: 'qom-set',
			arguments: { path: '/machine/peripheral/vm0', property: 'requested-size', value: 2 ** 30 }
		},
		'qom-set vm0 requested-size 1G'
	],
	[
		{ name: 'qmp', machine: 'm', execute: 'qom-set', arguments: { path: '/machine/peripheral/vm0', property: 'requested-size', value: 0 } },
		'qom-set vm0 requested-size 0'
	],
	[{ name: 'qmp', machine: 'm', execute: 'qom-get', arguments: { path: '/machine/peripheral/vm0', property: 'size' } }, 'qom-get vm0 size'],
	[{ name: 'qmp', machine: 'm', execute: 'device_del', arguments: { id: 'dimm0' } }, 'device_del dimm0'],
	[
		{ name: 'qmp', machine: 'm', execute: 'qom-set', arguments: { path: '/machine', property: 'x', value: -1 } },
		'{"execute":"qom-set","arguments":{"path":"/machine","property":"x","value":-1}}'
	],
	[
		{ name: 'qmp', machine: 'm', execute: 'device_add', arguments: { driver: 'pc-dimm', id: 'dimm0', memdev: 'm2', node: 1 } },
		'{"execute":"device_add","arguments":{"driver":"pc-dimm","id":"dimm0","memdev":"m2","node":1}}'
	]
];

describe('the line of a command', () => {
	const simulation = machine(VIRTIO_MEM);

	it.each(CASES.map(([command, line]) => [line, command] as const))('%s', (line, command) => {
		expect(lineOf(command)).toBe(line);
		expect(simulation.ask({ kind: 'console', machine: 'm', line })).toMatchObject({ kind: 'command', command });
	});

	it('says sizes with the largest unit that divides them', () => {
		expect([0, 1, 4096, 3 * 2 ** 20, 2 ** 31, 5 * 2 ** 40].map(sizeText)).toEqual(['0', '1', '4k', '3M', '2G', '5T']);
	});
});
