import { describe, expect, it } from 'vitest';
import { typed } from '../../../support/console.ts';
import { machine, THREE_NODES, VIRTIO_MEM } from '../../../support/machines.ts';

describe('outcomes in the words of the tools', () => {
	it('the monitor: errors, and values of qom-get', () => {
		const simulation = machine(VIRTIO_MEM);
		expect(typed(simulation, 'qom-set vm0 requested-size 3M')).toBe(
			"Error: 'requested-size' has to be multiples of 'block-size' (0x200000)\n"
		);
		expect(typed(simulation, 'qom-set vm0 requested-size 4G')).toBe(
			"Error: 'requested-size' cannot exceed the memory backend size(0x80000000)\n"
		);
		expect(typed(simulation, 'qom-set vm0 size 64M')).toBe("Error: Property 'virtio-mem.size' is not writable\n");
		expect(typed(simulation, 'qom-set vm7 requested-size 64M')).toBe("Error: Device 'vm7' not found\n");
		expect(typed(simulation, 'qom-set vm0 requested-size 64M')).toBe('');
		expect(typed(simulation, 'qom-get vm0 requested-size')).toBe('67108864\n');
		expect(typed(simulation, 'device_del nothing')).toBe("Error: Device 'nothing' not found\n");
		expect(typed(simulation, 'stop')).toBe('');
		expect(typed(simulation, 'info status')).toBe('VM status: paused\n');
		expect(typed(simulation, 'cont')).toBe('');
		expect(typed(simulation, 'info status')).toBe('VM status: running\n');
	});

	it('QMP: the answer as it stands on the socket', () => {
		const simulation = machine(VIRTIO_MEM);
		expect(
			JSON.parse(
				typed(
					simulation,
					'{"execute":"qom-set","arguments":{"path":"/machine/peripheral/vm0","property":"requested-size","value":3145728}}'
				)
			)
		).toEqual({
			error: { class: 'GenericError', desc: "'requested-size' has to be multiples of 'block-size' (0x200000)" }
		});
		expect(JSON.parse(typed(simulation, '{"execute":"query-memory-devices"}'))).toMatchObject({
			return: [{ type: 'virtio-mem', data: { id: 'vm0', size: 0 } }]
		});
		expect(JSON.parse(typed(simulation, '{"execute":"frobnicate"}'))).toEqual({
			error: { class: 'CommandNotFound', desc: 'The command frobnicate has not been found' }
		});
	});

	it('the shell: a write that the kernel refuses', () => {
		const simulation = machine();
		expect(typed(simulation, 'echo online > /sys/devices/system/memory/memory5/state')).toBe('bash: echo: write error: Invalid argument\n');
		expect(typed(simulation, 'echo offline > /sys/devices/system/memory/memory0/state')).toBe(
			'bash: echo: write error: Invalid argument\n'
		);
		expect(typed(simulation, 'echo sideways > /sys/devices/system/memory/memory5/state')).toBe(
			'bash: echo: write error: Invalid argument\n'
		);
	});

	it('a DIMM is plugged by words, and shown as QEMU shows it', () => {
		const simulation = machine(THREE_NODES, 'memhp_default_state=online');
		expect(typed(simulation, 'object_add memory-backend-ram,id=m2,size=512M')).toBe('');
		expect(typed(simulation, 'device_add pc-dimm,id=dimm0,memdev=m2,node=2')).toBe('');
		simulation.advance(simulation.nowNs + 2e9);
		expect(typed(simulation, 'info memory-devices')).toBe(
			'Memory device [dimm]: "dimm0"\n  addr: 0x100000000\n  slot: 0\n  node: 2\n  size: 536870912\n  memdev: /objects/m2\n  hotplugged: true\n  hotpluggable: true\n'
		);
		expect(typed(simulation, 'numactl -H')).toContain('available: 3 nodes (0-2)\n');
		expect(typed(simulation, 'device_add pc-dimm,id=dimm1,memdev=nothing')).toBe("Error: Device 'nothing' not found\n");
	});

	it('an offline that never ends says what it waits for, and ends by an interrupt', () => {
		const simulation = machine(`${VIRTIO_MEM}`, 'memhp_default_state=online_movable');
		typed(simulation, 'qom-set vm0 requested-size 128M');
		simulation.advance(simulation.nowNs + 5e9);
		for (const words of ['map a 4K', 'touch a']) typed(simulation, `p0: ${words}`);
		expect(typed(simulation, 'p0: zones a')).toContain('Movable');
		typed(simulation, 'p0: vmsplice a');
		const state = '/sys/devices/system/memory/memory32/state';
		expect(typed(simulation, `echo offline > ${state}`, 3)).toBe('');
		expect(typed(simulation, `cat ${state}`)).toBe('going-offline\n');
		const call = simulation.status().machines[0]?.calls.at(-1);
		expect(call).toMatchObject({ state: 'running', errno: null });
		expect(call?.waitingFor ?? '').not.toBe('');
		expect(simulation.status().machines[0]?.held).toMatchObject([{ process: 'p0', term: 'get' }]);
		typed(simulation, '^C');
		simulation.advance(simulation.nowNs + 1e9);
		expect(simulation.ask({ kind: 'outcome', machine: 'm', call: call?.id ?? 0, manner: 'shell' })).toMatchObject({
			done: true,
			text: '^C\n',
			status: 130
		});
		expect(typed(simulation, `cat ${state}`)).toBe('online\n');
	});

	it('migratepages moves a process and says nothing; of an unknown one it says so', () => {
		const simulation = machine();
		for (const words of ['map a 4M', 'touch a']) typed(simulation, `p0: ${words}`);
		const pid = /(\d+) p0/.exec(typed(simulation, 'ps'))?.[1];
		expect(typed(simulation, `migratepages ${pid} 0 1`)).toBe('');
		expect(typed(simulation, `grep anon /proc/${pid}/numa_maps`)).toMatch(/ N1=1024 /);
		expect(typed(simulation, 'migratepages 4711 0 1')).toBe('migrate_pages: No such process\n');
		expect(typed(simulation, 'ps')).not.toContain('migratepages');
	});

	it('a process tells what its calls returned', () => {
		const simulation = machine();
		expect(typed(simulation, 'p0: map a 64K')).toBe('p0: map a 64K: ret 0\n');
		typed(simulation, 'p0: nothp a');
		typed(simulation, 'p0: touch a');
		expect(typed(simulation, 'p0: move a 1 16K')).toBe('p0: move a 1 16K: ret 0, pages 4, status node1:4\n');
		expect(typed(simulation, 'p0: jump')).toMatch(/^p0: jump: .*EINVAL \(Invalid argument\)\n$/);
		expect(typed(simulation, 'p0: exit')).toMatch(/^p0: end of p0/);
	});

	it('modprobe and rmmod follow the driver', () => {
		const simulation = machine(VIRTIO_MEM);
		expect(typed(simulation, 'modprobe virtio_mem')).toBe('');
		expect(typed(simulation, 'rmmod virtio_mem')).toBe('');
		expect(typed(simulation, 'rmmod virtio_mem')).toBe('rmmod: ERROR: Module virtio_mem is not currently loaded\n');
		expect(typed(simulation, 'ls /sys/module')).toBe('memory_hotplug\n');
		expect(typed(simulation, 'modprobe virtio_mem')).toBe('');
	});
});
