import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { fabric, heads, planned, tell, until } from '../../../../support/fabric.ts';

const GIB = 1024 ** 3;
const quantity = (simulation: Simulation, q: string, of: string): number =>
	Number(simulation.ask({ kind: 'evaluate', expressions: [{ q, of } as never] })[0]);
const holds = (simulation: Simulation): void => {
	for (const { statement, holds: so, found } of simulation.check().checks) expect(so, `${statement}: ${found ?? ''}`).toBe(true);
};
const settle = (simulation: Simulation): void => {
	simulation.advance(simulation.nowNs + 2e9, Infinity);
	holds(simulation);
};
/** An application runs on tag T of host w. */
function serving(region: Record<string, unknown> = {}, hosts: readonly string[] = ['w', 'v']): Simulation {
	const simulation = heads(hosts, region);
	tell(simulation, 'orchestrator', 'rack', 'serve', { host: 'w', tag: 'T', bytes: GIB, device: 'pool', useMs: -1 });
	expect(until(simulation, 60, () => quantity(simulation, 'appRuns', 'db') === 1)).toBe(true);
	return simulation;
}

describe('hosts', () => {
	it('a crash leaves the extents with the dead host; after a boot what is its own is there again', () => {
		const simulation = serving();
		expect(tell(simulation, 'fault', 'w', 'crash-host').ok).toBe(true);
		expect(tell(simulation, 'fault', 'w', 'crash-host').ok).toBe(false);
		settle(simulation);
		expect(quantity(simulation, 'appKilled', 'db')).toBe(1);
		expect(quantity(simulation, 'capacityBytes', 'w')).toBe(GIB);
		tell(simulation, 'fault', 'w', 'reboot-host');
		settle(simulation);
		expect(quantity(simulation, 'hostUp', 'w')).toBe(1);
		expect(quantity(simulation, 'daxBytes', 'w T')).toBe(GIB);
	});

	it('a boot takes shared capacity away without an event; with a reference its content lives', () => {
		for (const referenced of [false, true]) {
			const simulation = serving({ sharable: true });
			if (referenced) tell(simulation, 'fm', 'pool', 'dynamic-capacity-add-reference', { tag: 'T' });
			tell(simulation, 'fault', 'w', 'reboot-host');
			settle(simulation);
			expect(quantity(simulation, 'capacityBytes', 'w')).toBe(0);
			expect(quantity(simulation, 'daxBytes', 'w')).toBe(0);
			expect(simulation.world.r.fabric.losses.map(({ why }) => why)).toEqual(referenced ? [] : ['given up']);
			expect(simulation.world.r.fabric.devices[0]?.lds[0]?.log.records).toEqual([]);
		}
	});

	it('a silent host answers when it wakes', () => {
		const simulation = heads(['w']);
		tell(simulation, 'fault', 'w', 'silence-host');
		tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'w', tag: 'T', bytes: GIB });
		simulation.advance(simulation.nowNs + 60e9, Infinity);
		expect(quantity(simulation, 'offeredBytes', 'w')).toBe(GIB);
		tell(simulation, 'fault', 'w', 'wake-host');
		settle(simulation);
		expect(quantity(simulation, 'daxBytes', 'w T')).toBe(GIB);
	});
});

describe('links, switches, devices', () => {
	const switched = (): Simulation => {
		const simulation = fabric({
			switches: [
				{
					id: 'sw',
					ports: 8,
					hosts: [
						{ host: 'w', port: 0 },
						{ host: 'v', port: 1 }
					],
					bound: [
						{ host: 'w', vppb: 0, port: 4, ld: 0 },
						{ host: 'v', vppb: 0, port: 4, ld: 1 }
					]
				}
			],
			devices: [{ id: 'pool', kind: 'mld', lds: 2, at: { switch: 'sw', port: 4 }, regions: [{ bytes: '16 GiB' }] }],
			hosts: [{ id: 'w' }, { id: 'v' }]
		});
		tell(simulation, 'orchestrator', 'rack', 'serve', { host: 'w', tag: 'T', bytes: GIB, device: 'pool', useMs: -1 });
		expect(until(simulation, 60, () => quantity(simulation, 'appRuns', 'db') === 1)).toBe(true);
		return simulation;
	};

	it.each(['w', 'pool', 'sw', 'sw:4'])(
		'a cut of %s kills what runs behind it, and what is offered meanwhile is heard afterwards',
		(link) => {
			const simulation = switched();
			expect(tell(simulation, 'fault', link, 'cut-link').ok).toBe(true);
			expect(tell(simulation, 'fault', link, 'cut-link').ok).toBe(false);
			settle(simulation);
			expect(quantity(simulation, 'appKilled', 'db')).toBe(1);
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'w', tag: 'U', bytes: GIB });
			settle(simulation);
			expect(quantity(simulation, 'daxBytes', 'w U')).toBe(0);
			expect(tell(simulation, 'fault', link, 'restore-link').ok).toBe(true);
			settle(simulation);
			expect(quantity(simulation, 'daxBytes', 'w U')).toBe(GIB);
		}
	);

	it('knows no link of another name', () => {
		expect(tell(switched(), 'fault', 'nowhere', 'cut-link').ok).toBe(false);
		expect(tell(switched(), 'fault', 'sw:99', 'cut-link').ok).toBe(false);
	});

	it('a reset of the switch ends by itself', () => {
		const simulation = switched();
		tell(simulation, 'fault', 'sw', 'reset-switch');
		expect(simulation.world.r.fabric.down).toEqual(['sw']);
		settle(simulation);
		expect(simulation.world.r.fabric.down).toEqual([]);
		expect(quantity(simulation, 'appKilled', 'db')).toBe(1);
		expect(quantity(simulation, 'capacityBytes', 'w')).toBe(GIB);
	});

	it('a device that is pulled out takes all logical devices from all hosts, and the manager is told', () => {
		const simulation = switched();
		tell(simulation, 'fault', 'pool', 'surprise-remove');
		settle(simulation);
		expect(quantity(simulation, 'appKilled', 'db')).toBe(1);
		expect(simulation.world.r.fabric.devices[0]?.lds.map(({ host }) => host)).toEqual([null, null]);
		expect(simulation.world.r.fabric.messages.some(({ what, state }) => what === 'Surprise removal' && state === 'arrived')).toBe(true);
		expect(tell(simulation, 'fm', 'pool', 'get-dcd-info').ok).toBe(false);
	});

	it('a reset of a head takes shared capacity of that head only', () => {
		const simulation = heads(['a', 'b'], { sharable: true });
		for (const [host, policy] of [
			['a', 'free'],
			['b', 'enable-shared-access']
		] as const) {
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host, tag: 'T', bytes: GIB, policy });
			until(simulation, 5, () => quantity(simulation, 'daxBytes', host) > 0);
		}
		tell(simulation, 'fault', 'pool', 'reset-device', { ld: 0 });
		settle(simulation);
		expect(quantity(simulation, 'capacityBytes', 'a')).toBe(0);
		expect(quantity(simulation, 'capacityBytes', 'b')).toBe(GIB);
		tell(simulation, 'fault', 'pool', 'reset-device');
		settle(simulation);
		expect(quantity(simulation, 'capacityBytes', 'b')).toBe(0);
		expect(tell(simulation, 'fault', 'pool', 'reset-device', { ld: 7 }).ok).toBe(false);
	});
});

describe('poison and media', () => {
	it('has a list with a limit, and clears what is named', () => {
		const simulation = serving();
		const inject = (dpa: number, units = 1) => tell(simulation, 'fault', 'pool', 'inject-poison', { dpa, units });
		for (let index = 0; index < 256; index += 1) expect(inject(index * 128).ok).toBe(true);
		expect(inject(2 ** 20)).toMatchObject({ ok: false, detail: expect.stringContaining('10h') });
		expect(inject(3).ok).toBe(false);
		expect(inject(2 ** 50).ok).toBe(false);
		expect(tell(simulation, 'fault', 'pool', 'clear-poison', { dpa: 0 }).ok).toBe(true);
		expect(inject(2 ** 20).ok).toBe(true);
		expect(simulation.status().fabric?.devices[0]?.poisonedLines).toBe(256);
		holds(simulation);
	});

	it('a media error loses what the line held, and says so', () => {
		const simulation = serving();
		expect(tell(simulation, 'fault', 'pool', 'media-error', { dpa: 64, units: 2 }).ok).toBe(true);
		expect(simulation.world.r.fabric.losses).toMatchObject([
			{ why: 'media', bytes: 64 },
			{ why: 'media', bytes: 64 }
		]);
		expect(tell(simulation, 'host', 'w', 'load', { tag: 'T', offset: 64 }).output).toEqual({ reads: 'poison' });
		expect(quantity(simulation, 'poisonReads', '')).toBe(1);
		holds(simulation);
	});
});

describe('the fabric manager', () => {
	it('offers nothing while it is down, and finds what is out when it is back', () => {
		const simulation = serving({ sharable: true });
		tell(simulation, 'fault', 'fm', 'crash-manager');
		expect(tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'v', tag: 'U', bytes: GIB }).ok).toBe(false);
		expect(planned(simulation, 'recall', { host: 'v', tag: 'U', device: 'pool', rungs: 'ask', patienceMs: 1000 }).state).toBe('done');
		const plan = tell(simulation, 'orchestrator', 'rack', 'serve', { host: 'v', tag: 'U', bytes: GIB, device: 'pool', app: 'two' })
			.output as { plan: number };
		simulation.advance(simulation.nowNs + 5e9, Infinity);
		expect(simulation.world.r.fabric.plans[plan.plan - 1]?.step).toBe(1);
		expect(tell(simulation, 'fault', 'fm', 'restart-manager').output).toEqual({ extents: 1, tags: ['T'] });
		expect(until(simulation, 200, () => quantity(simulation, 'appRuns', 'two') === 1)).toBe(true);
		expect(tell(simulation, 'fault', 'fm', 'restart-manager').ok).toBe(false);
		holds(simulation);
	});

	it('is told to try again when the log of a host is full', () => {
		const simulation = heads(['w'], {}, { answer: 'silent' });
		const told = tell(simulation, 'fault', 'pool', 'burst', { count: 20 });
		expect(told.output).toEqual({ 'success (0h)': 8, 'retry required (5h)': 12 });
		expect(quantity(simulation, 'logOverflow', 'w')).toBe(0);
		holds(simulation);
	});
});

describe('a dead link', () => {
	it.each([
		['isolates', true, 'killed', 1],
		['does not isolate', false, 'killed', 0]
	] as const)('whose root port %s', (_says, enabled, state, up) => {
		const simulation = serving();
		expect(tell(simulation, 'host', 'w', 'set-isolation', { enabled }).ok).toBe(true);
		expect(simulation.status().fabric?.hosts[0]?.isolation).toBe(enabled);
		tell(simulation, 'fault', 'w', 'cut-link');
		settle(simulation);
		expect(simulation.status().fabric?.apps[0]?.state).toBe(state);
		expect(quantity(simulation, 'hostUp', 'w')).toBe(up);
	});

	it('takes a host along that loads or stores over it, unless its ports isolate', () => {
		for (const execute of ['load', 'store']) {
			const simulation = heads(['w']);
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'w', bytes: GIB, tag: 'T' });
			settle(simulation);
			tell(simulation, 'fault', 'w', 'cut-link');
			expect(tell(simulation, 'host', 'w', execute, { tag: 'T' }).ok).toBe(execute === 'store');
			expect(quantity(simulation, 'hostUp', 'w')).toBe(1);
			tell(simulation, 'host', 'w', 'set-isolation', { enabled: false });
			expect(tell(simulation, 'host', 'w', execute, { tag: 'T' }).output).toEqual({ crashed: true });
			expect(quantity(simulation, 'hostUp', 'w')).toBe(0);
			settle(simulation);
		}
	});
});

describe('poison by the mailbox of a host (command set 43h)', () => {
	it('is injected, listed by address with its source, cleared, and refused outside of the device', () => {
		const simulation = serving();
		const ask = (execute: string, given: Record<string, number | string> = {}) => tell(simulation, 'host', 'w', execute, given);
		expect(ask('inject-poison', { dpa: 4096, units: 2 }).ok).toBe(true);
		expect(tell(simulation, 'fault', 'pool', 'media-error', { dpa: 64 }).ok).toBe(true);
		expect(ask('get-poison-list').output).toEqual({
			flags: 0,
			records: [
				{ dpa: 64, units: 1, source: 2 },
				{ dpa: 4096, units: 2, source: 3 }
			]
		});
		expect(ask('get-poison-list', { dpa: 4096, bytes: 64 }).output).toMatchObject({ records: [{ dpa: 4096 }] });
		expect(ask('get-event-records', { log: 'failure' }).output).toMatchObject({ records: [{ what: 'general media', dpa: 64 }] });
		expect(ask('get-event-records', { log: 'sundry' }).detail).toMatch(/^invalid input \(2h\)/);
		expect(ask('clear-poison', { dpa: 4160 }).ok).toBe(true);
		expect(ask('get-poison-list').output).toMatchObject({
			records: [
				{ dpa: 64, units: 1 },
				{ dpa: 4096, units: 1 }
			]
		});
		expect(ask('inject-poison', { dpa: 2 ** 50 }).detail).toContain('outside of the device');
		expect(simulation.world.r.fabric.messages.filter(({ opcode }) => opcode === '4301h').map(({ code }) => code)).toEqual([0, 0xf]);
	});

	it('lies in the media: another host meets it at its own address of a shared tag, and nowhere else', () => {
		const simulation = heads(['w', 'v'], { sharable: true });
		const add = (host: string, tag: string, policy: string) =>
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host, tag, policy, bytes: 2 ** 21 });
		add('v', 'other', 'free');
		add('w', 'T', 'free');
		settle(simulation);
		add('v', 'T', 'enable-shared-access');
		settle(simulation);
		expect(tell(simulation, 'host', 'w', 'inject-poison', { dpa: 0, units: 2 }).ok).toBe(true);
		const at = (host: string, tag: string) =>
			(tell(simulation, 'host', host, 'load', { tag, offset: 64 }).output as { reads?: string }).reads;
		expect([at('w', 'T'), at('v', 'T'), at('v', 'other')]).toEqual(['poison', 'poison', undefined]);
		const list = (host: string) =>
			(tell(simulation, 'host', host, 'get-poison-list').output as { records: { dpa: number; units: number }[] }).records;
		expect(list('w')).toEqual([{ dpa: 0, units: 2, source: 3 }]);
		expect(list('v')).toEqual([{ dpa: 2 ** 21, units: 2, source: 3 }]);
		tell(simulation, 'host', 'v', 'store', { tag: 'T', offset: 64 });
		expect(list('w')).toEqual([{ dpa: 0, units: 1, source: 3 }]);
	});
});
