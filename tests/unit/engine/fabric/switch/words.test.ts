import { describe, expect, test } from 'vitest';
import { ask, fabricSimulation } from '../../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;
const MS = 1_000_000;
const fabric = {
	hosts: [
		{ id: 'A', windows: [{ baseHpa: '0x10_0000_0000', bytes: 4 * GIB, targets: ['mld'] }] },
		{ id: 'B', windows: [{ baseHpa: '0x1000_0000_0000', bytes: 64 * GIB, targets: ['gfd'] }] }
	],
	switches: [
		{ id: 'sw', ports: 12, hosts: [{ host: 'A', port: 0, vppbs: 2 }], bound: [{ host: 'A', vppb: 1, port: 8, ld: 1 }] },
		{ id: 'pbr', kind: 'pbr', hosts: [{ host: 'B', port: 0 }] }
	],
	devices: [
		{ id: 'mld', kind: 'mld', lds: 3, at: { switch: 'sw', port: 8 }, staticBytes: GIB, regions: [{ bytes: GIB }] },
		{ id: 'sld', kind: 'sld', at: { switch: 'sw', port: 9 }, regions: [{ bytes: GIB }] },
		{ id: 'heads', kind: 'mh-sld', hosts: ['A', 'B'], regions: [{ bytes: GIB, sharable: true }] },
		{ id: 'gfd', kind: 'gfd', pid: 0x123, at: { switch: 'pbr', port: 4 }, regions: [{ bytes: 64 * GIB, blockBytes: 2 ** 28 }] }
	]
};
const open = () => fabricSimulation(fabric);

describe('the fabric manager asks', () => {
	test('a switch', () => {
		expect(ask(open(), 'fm', 'sw', 'identify-switch-device').output).toMatchObject({
			'num-physical-ports': 12,
			'num-vcs': 1,
			'num-total-vppb': 2,
			'num-active-vppb': 1,
			'active-ports': [0, 8, 9],
			'num-hdm-decoder-per-usp': 32
		});
		const ports = ask(open(), 'fm', 'sw', 'get-physical-port-state', { ports: [0, 7, 8, 9] }).output as { ports: Record<string, number>[] };
		expect(ports.ports.map((port) => [port['config-state'], port['conn-dev-type'], port['supported-ld-count']])).toEqual([
			[4, 0, 0],
			[0, 0, 0],
			[3, 5, 3],
			[3, 4, 0]
		]);
		expect(ask(open(), 'fm', 'sw', 'get-physical-port-state', { ports: [12] }).says).toContain('invalid input (2h)');
		expect(ask(open(), 'fm', 'sw', 'get-virtual-cxl-switch-info').output).toMatchObject({
			'vcs-list': [
				{
					'vcs-state': 1,
					'usp-id': 0,
					vppbs: [
						{ 'vppb-id': 0, status: 0, 'port-id': 255, 'ld-id': 0xffff },
						{ 'vppb-id': 1, status: 3, 'port-id': 8, 'ld-id': 1 }
					]
				}
			]
		});
	});

	test('an MLD, by itself and through the tunnel', () => {
		const simulation = open();
		expect(ask(simulation, 'fm', 'mld', 'get-ld-info').output).toMatchObject({ 'ld-count': 3 });
		const direct = ask(simulation, 'fm', 'mld', 'get-ld-allocations', { start: 1, limit: 1 }).output;
		expect(direct).toMatchObject({ 'num-lds': 3, 'memory-granularity': 2 ** 28, allocations: [{ 'range-1': 8 }] });
		const tunnelled = ask(simulation, 'fm', 'sw', 'tunnel-management-command', {
			'port-id': 8,
			command: 'get-ld-allocations',
			arguments: { start: 1, limit: 1 }
		});
		expect(tunnelled.output).toEqual(direct);
		expect(ask(simulation, 'fm', 'sw', 'tunnel-management-command', { 'port-id': 9, command: 'get-ld-info' }).ok).toBe(false);
		expect(ask(simulation, 'fm', 'sld', 'get-ld-info').says).toContain('unsupported (3h)');
		expect(ask(simulation, 'fm', 'mld', 'set-ld-allocations').says).toContain('unsupported (3h)');
	});

	test('a device with several heads', () => {
		expect(ask(open(), 'fm', 'heads', 'get-multi-headed-info').output).toMatchObject({ 'num-heads': 2, 'ld-map': [0, 1] });
		const simulation = open();
		simulation.world.r.fabric.down.push('heads:1');
		const heads = ask(simulation, 'fm', 'heads', 'get-head-info').output as { heads: Record<string, number>[] };
		expect(heads.heads.map((head) => head['nego-link-width'])).toEqual([16, 0]);
		expect(ask(simulation, 'fm', 'mld', 'get-head-info').says).toContain('unsupported (3h)');
	});

	test('a PBR switch and its edge tables', () => {
		const simulation = open();
		expect(ask(simulation, 'fm', 'pbr', 'get-drt').output).toMatchObject({ entries: [{ pid: 0x123, 'port-id': 4, switches: 1 }] });
		expect(ask(simulation, 'fm', 'pbr', 'fabric-crawl-out', { 'port-id': 4 }).output).toMatchObject({ partner: 'gfd', kind: 'gfd' });
		expect(ask(simulation, 'fm', 'pbr', 'get-fast-segment-entries', { host: 'B' }).output).toMatchObject({
			entries: [{ segment: 256, interleave: 0, target: 0x123 }]
		});
		expect(ask(simulation, 'fm', 'sw', 'get-drt').says).toContain('unsupported (3h)');
		const at = () => simulation.ask({ kind: 'translate', host: 'B', hpa: 0x1000_0000_0000 });
		expect(at()).toMatchObject({ device: 'gfd', miss: 'no-group' });
		expect(ask(simulation, 'build', 'pbr', 'set-fast', { host: 'B', segment: 256, valid: false }).ok).toBe(true);
		expect(at()).toMatchObject({ miss: 'no-segment', load: expect.stringContaining('all ones') as string });
		expect(
			ask(simulation, 'fm', 'pbr', 'set-fast-segment-entries', { host: 'B', segment: 256, interleave: 1, granularity: 0, target: 0 }).says
		).toContain('the IDT has 0 entries');
		expect(ask(simulation, 'fm', 'pbr', 'set-idt-dpid-entries', { host: 'B', start: 0, pids: [0x123, 0x124] }).ok).toBe(true);
		expect(
			ask(simulation, 'fm', 'pbr', 'set-fast-segment-entries', { host: 'B', segment: 256, interleave: 1, granularity: 0, target: 0 }).ok
		).toBe(true);
		expect(at()).toMatchObject({ device: 'gfd' });
		expect(simulation.ask({ kind: 'translate', host: 'B', hpa: 0x1000_0000_0100 })).toMatchObject({ device: null, miss: 'no-segment' });
	});

	test('every command is noted among the messages with its code', () => {
		const simulation = open();
		ask(simulation, 'fm', 'sw', 'bind-vppb', { host: 'A', 'vppb-id': 0, 'port-id': 9 });
		ask(simulation, 'fm', 'sw', 'bind-vppb', { host: 'A', 'vppb-id': 0, 'port-id': 9 });
		expect(simulation.world.r.fabric.messages.map(({ opcode, code }) => [opcode, code])).toEqual([
			['5201h', 1],
			['5201h', 6]
		]);
		simulation.world.r.fabric.managerDown = true;
		expect(ask(simulation, 'fm', 'sw', 'identify-switch-device').says).toBe('the fabric manager is down');
	});
});

describe('port control', () => {
	test('works on unbound ports and ports of an MLD', () => {
		const simulation = open();
		expect(ask(simulation, 'fm', 'sw', 'physical-port-control', { 'port-id': 8, opcode: 0 }).ok).toBe(true);
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x10_0000_0000 })).toMatchObject({ miss: 'link-down' });
		expect(ask(simulation, 'fm', 'sw', 'physical-port-control', { 'port-id': 8, opcode: 1 }).ok).toBe(true);
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x10_0000_0000 })).toMatchObject({ ok: true });
		ask(simulation, 'fm', 'sw', 'bind-vppb', { host: 'A', 'vppb-id': 0, 'port-id': 9 });
		simulation.advance(100 * MS);
		expect(ask(simulation, 'fm', 'sw', 'physical-port-control', { 'port-id': 9, opcode: 2 }).says).toContain('bound to one host');
		expect(ask(simulation, 'fm', 'sw', 'physical-port-control', { 'port-id': 0, opcode: 2 }).says).toContain('bound to one host');
		expect(ask(simulation, 'fm', 'sw', 'physical-port-control', { 'port-id': 8, opcode: 3 }).says).toContain('invalid input (2h)');
	});
});

describe('built and broken by hand', () => {
	test('a device is added, bound, used and pulled', () => {
		const simulation = open();
		expect(
			ask(simulation, 'build', 'new', 'add-device', { kind: 'sld', at: { switch: 'sw', port: 10 }, regions: [{ bytes: '1GiB' }] }).ok
		).toBe(true);
		expect(ask(simulation, 'build', 'A', 'set-window', { 'base-hpa': '0x20_0000_0000', bytes: '1GiB', targets: ['new'] }).ok).toBe(true);
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x20_0000_0000 })).toMatchObject({ miss: 'no-window' });
		expect(ask(simulation, 'build', 'sw', 'bind', { host: 'A', 'vppb-id': 0, 'port-id': 10 }).ok).toBe(true);
		simulation.advance(100 * MS);
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x20_0000_0040 })).toMatchObject({
			device: 'new',
			dpa: 0x40,
			miss: 'not-assigned'
		});
		expect(ask(simulation, 'build', 'new', 'unplug', { surprise: true }).ok).toBe(true);
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x20_0000_0040 })).toMatchObject({ ok: false });
	});

	test.each([
		['mld', { kind: 'sld' }, 'used already'],
		['x', { kind: 'sld', at: { switch: 'sw', port: 8 } }, 'taken by mld'],
		['x', { kind: 'sld', at: { switch: 'none', port: 8 } }, 'no switch "none"'],
		['x', { kind: 'sld', hosts: ['A', 'B'] }, 'an SLD has one head'],
		['x', { kind: 'gfd', pid: 0x123 }, 'PID 0x123 is used'],
		['x', { kind: 'cube' }, 'a device is sld'],
		['x', { kind: 'sld', regions: [{ bytes: 100 }] }, 'multiple of the block size']
	])('%s as %o is refused', (id, parameters, why) => {
		expect(ask(open(), 'build', id, 'add-device', parameters).says).toContain(why);
	});

	test('a device straight at its host is there at once', () => {
		const simulation = fabricSimulation({
			hosts: [{ id: 'A', windows: [{ baseHpa: 0x10_0000_0000, bytes: GIB, targets: ['late'] }] }],
			devices: [{ id: 'late', kind: 'sld', regions: [{ bytes: GIB }] }]
		});
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x10_0000_0000 })).toMatchObject({ miss: 'no-window' });
		expect(simulation.world.r.fabric.peers[0]?.windows[0]?.problem).toBe('ENXIO: late is not there');
		ask(simulation, 'build', 'early', 'add-device', { kind: 'sld', hosts: ['A'], staticBytes: GIB });
		expect(ask(simulation, 'build', 'A', 'set-window', { window: 0, targets: ['early'] }).ok).toBe(true);
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 0x10_0000_0080 })).toMatchObject({ ok: true, device: 'early', dpa: 0x80 });
	});

	test('regions are carved behind the others, up to eight', () => {
		const simulation = open();
		for (let region = 1; region < 8; region++)
			expect(ask(simulation, 'build', 'heads', 'carve-region', { bytes: '256MiB', sharable: true }).output).toMatchObject({
				region,
				'base-dpa': GIB + (region - 1) * 2 ** 28
			});
		expect(ask(simulation, 'build', 'heads', 'carve-region', { bytes: '256MiB', sharable: true }).says).toContain('at most 8 regions');
		expect(ask(simulation, 'build', 'sld', 'carve-region', { bytes: '256GiB' }).says).toContain('no media');
	});
});
