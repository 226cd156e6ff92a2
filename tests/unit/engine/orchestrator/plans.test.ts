import { describe, expect, it } from 'vitest';
import { fabric, heads, planned, tell, until } from '../../../support/fabric.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';

const GIB = 1024 ** 3;
const quantity = (simulation: Simulation, q: string, of: string): number =>
	Number(simulation.ask({ kind: 'evaluate', expressions: [{ q, of } as never] })[0]);
const holds = (simulation: Simulation): void => {
	for (const { statement, holds: so, found } of simulation.check().checks) expect(so, `${statement}: ${found ?? ''}`).toBe(true);
};

describe('offer, accept, use, release', () => {
	it('takes the seven steps, and the capacity serves another host afterwards', () => {
		const simulation = heads(['w', 'v']);
		for (const [host, app] of [
			['w', 'a'],
			['v', 'b']
		]) {
			const { state, notes } = planned(simulation, 'serve', {
				host: host as string,
				app: app as string,
				tag: `tag-${app}`,
				bytes: '64 GiB',
				device: 'pool'
			});
			expect(state).toBe('done');
			expect(notes).toHaveLength(7);
		}
		expect(quantity(simulation, 'returnedBytes', '')).toBe(128 * GIB);
		expect(quantity(simulation, 'freeCapacityBytes', 'pool')).toBe(64 * GIB * 2);
		expect(quantity(simulation, 'protocolLegal', '')).toBe(1);
		expect(quantity(simulation, 'neverSystemRam', 'tag-a')).toBe(1);
		expect(simulation.world.r.fabric.losses.map(({ why }) => why)).toEqual(['given up', 'given up']);
		holds(simulation);
	});

	it('leaves out what it is told to, and the rules say what comes of it', () => {
		const offer = planned(heads(['w']), 'serve', { host: 'w', tag: 'T', bytes: GIB, device: 'pool', skip: '2,3' });
		expect(offer).toMatchObject({ state: 'failed', reason: expect.stringContaining('ENOENT') });

		const launch = planned(heads(['w']), 'serve', { host: 'w', tag: 'T', bytes: GIB, device: 'pool', skip: '4' });
		expect(launch).toMatchObject({ state: 'failed', reason: expect.stringContaining('never launched') });

		const simulation = heads(['w']);
		const close = planned(simulation, 'serve', { host: 'w', tag: 'T', bytes: GIB, device: 'pool', skip: '6' });
		expect(close).toMatchObject({ state: 'failed', reason: expect.stringContaining('step 7') });
		expect(simulation.world.r.fabric.peers[0]?.log.some(({ text }) => text.includes('deferred and forgotten'))).toBe(true);
		expect(quantity(simulation, 'returnedBytes', '')).toBe(0);

		const kept = heads(['w', 'v'], {}, {}, { mediaBytes: '64 GiB' });
		expect(planned(kept, 'serve', { host: 'w', tag: 'T', bytes: '64 GiB', device: 'pool', skip: '7' }).state).toBe('done');
		expect(planned(kept, 'serve', { host: 'v', tag: 'U', bytes: '64 GiB', device: 'pool', app: 'two' })).toMatchObject({
			state: 'failed',
			reason: expect.stringContaining('resources exhausted')
		});
	});

	it('waits for a word where it is told to, and can be stopped', () => {
		const simulation = heads(['w']);
		const { output } = tell(simulation, 'orchestrator', 'rack', 'serve', { host: 'w', tag: 'T', bytes: GIB, device: 'pool', useMs: -1 });
		const plan = () => simulation.world.r.fabric.plans[0];
		expect(until(simulation, 30, () => plan()?.acted === 'waiting')).toBe(true);
		simulation.advance(simulation.nowNs + 100e9, Infinity);
		expect(plan()?.state).toBe('running');
		expect(tell(simulation, 'orchestrator', 'rack', 'go-on', output as never).ok).toBe(true);
		expect(until(simulation, 30, () => plan()?.state === 'done')).toBe(true);
		expect(tell(simulation, 'orchestrator', 'rack', 'stop-plan', { plan: 1 }).ok).toBe(false);
	});

	it('gives up on a host that never answers, and the group waits for ever', () => {
		const simulation = heads(['w'], {}, { answer: 'silent' });
		expect(planned(simulation, 'serve', { host: 'w', tag: 'T', bytes: GIB, device: 'pool' })).toMatchObject({
			state: 'failed',
			reason: expect.stringContaining('step 3')
		});
		expect(quantity(simulation, 'offeredBytes', 'w')).toBe(GIB);
		simulation.advance(simulation.nowNs + 3600e9, Infinity);
		expect(quantity(simulation, 'offeredBytes', 'w')).toBe(GIB);
	});
});

describe('sharing recipes', () => {
	const shared = (values = {}) => ({ writer: 'a', readers: 'b,c', tag: 'T', bytes: '16 GiB', device: 'pool', ...values });

	it('write once, read many: readers see what was written, and the content ends with the last of them', () => {
		const simulation = heads(['a', 'b', 'c'], { sharable: true });
		expect(planned(simulation, 'write-once-read-many', shared())).toMatchObject({ state: 'done' });
		expect(quantity(simulation, 'appVersion', 'writer-b')).toBe(1);
		expect(quantity(simulation, 'appVersion', 'writer-c')).toBe(1);
		expect(quantity(simulation, 'viewsAgree', 'T')).toBe(1);
		expect(quantity(simulation, 'sameContent', 'T')).toBe(1);
		holds(simulation);
		for (const host of ['b', 'c']) planned(simulation, 'recall', { host, tag: 'T', device: 'pool' });
		expect(simulation.world.r.fabric.tags).toEqual([]);
		expect(simulation.world.r.fabric.losses.map(({ why }) => why)).toEqual(['given up']);
		holds(simulation);
	});

	it('without the reference the release destroys the data before anybody can share it', () => {
		const simulation = heads(['a', 'b', 'c'], { sharable: true });
		const { state, reason } = planned(simulation, 'write-once-read-many', shared({ reference: false }));
		expect(state).toBe('failed');
		expect(reason).toContain('nobody has tag');
		expect(simulation.world.r.fabric.losses).toHaveLength(1);
	});

	it('temporal sharing hands the contents from one host to the next', () => {
		const simulation = heads(['a', 'b'], { sharable: true });
		expect(planned(simulation, 'temporal-sharing', { from: 'a', to: 'b', tag: 'T', bytes: '16 GiB', device: 'pool' })).toMatchObject({
			state: 'done'
		});
		expect(quantity(simulation, 'appVersion', 'writer-b')).toBe(1);
		expect(quantity(simulation, 'capacityBytes', 'a')).toBe(0);
	});

	it('sanitized media give zeroes to the next tenant, others its predecessor’s bytes', () => {
		for (const [sanitize, version] of [
			[true, 0],
			[false, 1]
		] as const) {
			const simulation = heads(['a', 'b'], { sanitize, bytes: '4 GiB' }, {}, { mediaBytes: '4 GiB' });
			planned(simulation, 'serve', { host: 'a', tag: 'T', bytes: '4 GiB', device: 'pool' });
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'b', tag: 'U', bytes: '4 GiB' });
			expect(until(simulation, 5, () => quantity(simulation, 'daxBytes', 'b') > 0)).toBe(true);
			tell(simulation, 'orchestrator', 'b', 'launch', { kind: 'reader', tag: 'U', app: 'r' });
			expect(until(simulation, 60, () => quantity(simulation, 'appRuns', 'r') === 1)).toBe(true);
			expect(quantity(simulation, 'appVersion', 'r')).toBe(version);
		}
	});
});

describe('polite ways and big hammers', () => {
	/** Four hosts with 512 GiB each; what they do with it is told one by one. */
	function four(belief?: string): Simulation {
		const simulation = heads(['dax', 'free', 'full', 'held'], { bytes: '512 GiB' }, { use: 'devdax' }, {}, belief ? { belief } : {});
		for (const host of ['dax', 'free', 'full', 'held']) {
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host, tag: host, bytes: '512 GiB' });
			expect(until(simulation, 5, () => quantity(simulation, 'daxBytes', host) > 0)).toBe(true);
			if (host !== 'dax') expect(tell(simulation, 'host', host, 'reconfigure-device', { tag: host, mode: 'system-ram' }).ok).toBe(true);
		}
		tell(simulation, 'orchestrator', 'dax', 'launch', { tag: 'dax', app: 'db' });
		tell(simulation, 'orchestrator', 'full', 'launch', { tag: 'full', app: 'cache', kind: 'page-cache' });
		tell(simulation, 'orchestrator', 'held', 'launch', { tag: 'held', app: 'pinner', kind: 'vm', pinned: true, loadBytes: GIB });
		expect(until(simulation, 60, () => quantity(simulation, 'appsRunning', '') === 3)).toBe(true);
		return simulation;
	}

	it('comes back in milliseconds, in 8 s, in 58.5 s, and never', () => {
		const simulation = four();
		const seconds = ['dax', 'free', 'full', 'held'].map((host) => planned(simulation, 'recall', { host, tag: host, device: 'pool' }));
		expect(seconds.map(({ state }) => state)).toEqual(['done', 'done', 'done', 'failed']);
		expect(seconds[0]?.seconds).toBeLessThan(0.1);
		expect(seconds[1]?.seconds).toBeCloseTo(8, 1);
		expect(seconds[2]?.seconds).toBeCloseTo(58.5, 0);
		expect(seconds[3]?.reason).toContain('long-term pin');
		expect(quantity(simulation, 'recoveredBytes', '')).toBe(3 * 512 * GIB);
		expect(quantity(simulation, 'crashes', '')).toBe(0);
		holds(simulation);
	});

	it('takes 163 s by pages of 4 KiB, and ZONE_NORMAL never gives it back', () => {
		const simulation = heads(['small', 'normal'], { bytes: '512 GiB' });
		for (const host of ['small', 'normal']) {
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host, tag: host, bytes: '512 GiB' });
			until(simulation, 5, () => quantity(simulation, 'daxBytes', host) > 0);
			tell(simulation, 'host', host, 'reconfigure-device', { tag: host, mode: 'system-ram', movable: host === 'small' });
		}
		tell(simulation, 'orchestrator', 'small', 'launch', { tag: 'small', app: 'cache', kind: 'page-cache', smallFolios: true });
		until(simulation, 60, () => quantity(simulation, 'appsRunning', '') === 1);
		const small = planned(simulation, 'recall', { host: 'small', tag: 'small', device: 'pool', patienceMs: 300_000 });
		expect(small.state).toBe('done');
		expect(small.seconds).toBeCloseTo(163, 0);
		expect(planned(simulation, 'recall', { host: 'normal', tag: 'normal', device: 'pool' }).reason).toContain('ZONE_NORMAL');
		expect(quantity(simulation, 'neverSystemRam', 'small')).toBe(0);
	});

	it('force works at once and kills whoever used it: an application, or the whole host', () => {
		const simulation = four();
		for (const host of ['dax', 'held'])
			expect(planned(simulation, 'recall', { host, tag: host, device: 'pool', rungs: 'force' }).state).toBe('done');
		until(simulation, 1, () => quantity(simulation, 'appKilled', 'db') === 1);
		expect(quantity(simulation, 'appKilled', 'db')).toBe(1);
		expect(quantity(simulation, 'hostUp', 'dax')).toBe(1);
		expect(quantity(simulation, 'hostUp', 'held')).toBe(0);
		expect(quantity(simulation, 'forcedBytes', '')).toBe(2 * 512 * GIB);
		expect(quantity(simulation, 'crashes', '')).toBe(3);
		holds(simulation);
	});

	it('who believes that the pool can always take it back sees the pinned host empty its memory', () => {
		expect(planned(four('pool-takes-back'), 'recall', { host: 'held', tag: 'held', device: 'pool' }).state).toBe('done');
	});

	it('a naughty host is asked in vain, then forced', () => {
		const simulation = heads(['w']);
		tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'w', tag: 'T', bytes: GIB });
		until(simulation, 5, () => quantity(simulation, 'daxBytes', 'w') > 0);
		expect(tell(simulation, 'fault', 'w', 'ignore-release').ok).toBe(true);
		const { state, notes } = planned(simulation, 'recall', {
			host: 'w',
			tag: 'T',
			device: 'pool',
			rungs: 'vacate,ask,force',
			patienceMs: 2000
		});
		expect(state).toBe('done');
		expect(notes[0]).toBe('not needed');
		expect(notes[1]).toContain('in vain');
		expect(quantity(simulation, 'crashes', '')).toBe(0);
	});

	it('who believes that accepted capacity is RAM never finds a DAX device to launch on', () => {
		const simulation = heads(['w'], {}, {}, {}, { belief: 'accepted-is-ram' });
		planned(simulation, 'serve', { host: 'w', tag: 'T', bytes: GIB, device: 'pool' }, 60);
		expect(quantity(simulation, 'neverSystemRam', 'T')).toBe(0);
	});
});

describe('plans at a G-FAM device', () => {
	const gfam = (): Simulation =>
		fabric({
			switches: [
				{
					id: 'sw',
					kind: 'pbr',
					hosts: [
						{ host: 'a', port: 0 },
						{ host: 'b', port: 1 }
					]
				}
			],
			devices: [
				{
					id: 'gfd',
					kind: 'gfd',
					at: { switch: 'sw', port: 8 },
					regions: [{ bytes: '64 GiB', blockBytes: '64 MiB', sharable: true }]
				}
			],
			hosts: ['a', 'b'].map((id, index) => ({ id, windows: [{ baseHpa: (index + 1) * 2 ** 44, bytes: '64 GiB', targets: ['gfd'] }] }))
		});

	it('serves without a handshake, and shares by opening the group to another requester', () => {
		const simulation = gfam();
		expect(planned(simulation, 'serve', { host: 'a', tag: 'T', bytes: '16 GiB', device: 'gfd' })).toMatchObject({ state: 'done' });
		expect(quantity(simulation, 'freeCapacityBytes', 'gfd')).toBe(64 * GIB);
		expect(
			planned(simulation, 'write-once-read-many', { writer: 'a', readers: 'b', tag: 'U', bytes: '16 GiB', device: 'gfd' })
		).toMatchObject({
			state: 'done'
		});
		expect(quantity(simulation, 'appVersion', 'writer-b')).toBe(2);
		expect(quantity(simulation, 'capacityBytes', 'a')).toBe(0);
		holds(simulation);
	});

	it('takes access away under a running application, which dies of it', () => {
		const simulation = gfam();
		tell(simulation, 'orchestrator', 'rack', 'serve', { host: 'a', tag: 'T', bytes: '1 GiB', device: 'gfd', useMs: -1 });
		expect(until(simulation, 60, () => quantity(simulation, 'appRuns', 'db') === 1)).toBe(true);
		expect(planned(simulation, 'recall', { host: 'a', tag: 'T', device: 'gfd', rungs: 'access' }).state).toBe('done');
		until(simulation, 1, () => quantity(simulation, 'appKilled', 'db') === 1);
		expect(quantity(simulation, 'appKilled', 'db')).toBe(1);
		holds(simulation);
	});
});
