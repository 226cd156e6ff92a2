/**
 * Goal: a VM with tagged extents arrives with its data in each of the three ways of seed S1, and without them where nobody
 * prepared anything. Method: worlds of two hosts and one device; messages, copied bytes and hashes are compared with what
 * the way promises.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { heads, planned, tell, until, type FabricOptions } from '../../../../support/fabric.ts';

const GIB = 1024 ** 3;
const TAG = 'T';
const ask = (simulation: Simulation, q: string, of: string): number =>
	Number(simulation.ask({ kind: 'evaluate', expressions: [{ q, of } as never] })[0]);
const holds = (simulation: Simulation): void => {
	for (const { statement, holds: so, found } of simulation.check().checks) expect(so, `${statement}: ${found ?? ''}`).toBe(true);
};
const act = (simulation: Simulation, execute: string, given: Record<string, unknown> = {}, at = 'vm'): void => {
	const told = tell(simulation, 'orchestrator', at, execute, given as never);
	expect(told.detail).toBe('');
};
const guest = (simulation: Simulation) => simulation.world.r.fabric.guests[0] as (typeof simulation.world.r.fabric.guests)[number];

/** A VM on a, whose program has filled 8 GiB of tagged capacity. */
function begun(region: Record<string, unknown> = { sharable: true }, options: FabricOptions = {}): Simulation {
	const simulation = heads(['a', 'b'], region, {}, {}, options);
	const add = { host: 'a', region: 0, tag: TAG, bytes: '8 GiB' };
	expect(tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', add).ok).toBe(true);
	act(simulation, 'start-vm', { vm: 'vm', ramBytes: '4 GiB' }, 'a');
	expect(until(simulation, 10, () => (simulation.world.r.fabric.peers[0]?.dax.length ?? 0) > 0)).toBe(true);
	act(simulation, 'open-device', { tag: TAG });
	expect(until(simulation, 60, () => guest(simulation).program === 'runs')).toBe(true);
	expect(ask(simulation, 'contentHash', 'vm')).toBe(ask(simulation, 'writtenHash', 'vm'));
	return simulation;
}
const moved = (simulation: Simulation): void => {
	expect(until(simulation, 600, () => guest(simulation).doing === 'nothing')).toBe(true);
};
const values = { vm: 'vm', from: 'a', to: 'b', tag: TAG, device: 'pool', bytes: '8 GiB' };
const plan = (name: string, simulation = begun(), more = {}) => ({
	simulation,
	result: planned(simulation, name, { ...values, ...more }, 3600)
});

describe('nothing prepared', () => {
	it('the VM arrives, its device stays with the source, and nothing refused', () => {
		const simulation = begun();
		act(simulation, 'move-vm', { to: 'b' });
		moved(simulation);
		expect(ask(simulation, 'guestOn', 'vm b')).toBe(1);
		expect(ask(simulation, 'guestProgram', 'vm')).toBe(-1);
		expect(ask(simulation, 'contentHash', 'vm')).toBe(0);
		expect([ask(simulation, 'capacityBytes', 'a'), ask(simulation, 'capacityBytes', 'b')]).toEqual([8 * GIB, 0]);
		expect(guest(simulation).reason).toContain('extents do not follow');
		// The bytes are still there: whoever lets b in finds them.
		expect(
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', {
				host: 'b',
				region: 0,
				policy: 'enable-shared-access',
				tag: TAG,
				bytes: '8 GiB'
			}).ok
		).toBe(true);
		expect(until(simulation, 10, () => (simulation.world.r.fabric.peers[1]?.dax.length ?? 0) > 0)).toBe(true);
		act(simulation, 'open-device');
		expect(until(simulation, 10, () => guest(simulation).program === 'runs')).toBe(true);
		expect(ask(simulation, 'contentHash', 'vm')).toBe(ask(simulation, 'writtenHash', 'vm'));
		holds(simulation);
	});

	it('the false engine carries them along', () => {
		const simulation = begun({ sharable: true }, { belief: 'extents-follow' });
		act(simulation, 'move-vm', { to: 'b' });
		moved(simulation);
		until(simulation, 10, () => ask(simulation, 'capacityBytes', 'a') === 0);
		expect([ask(simulation, 'guestProgram', 'vm'), ask(simulation, 'capacityBytes', 'a'), ask(simulation, 'capacityBytes', 'b')]).toEqual([
			1,
			0,
			8 * GIB
		]);
	});
});

describe('three ways', () => {
	it('sharing for a moment: nothing is copied, one writer, the source gives everything back', () => {
		const { simulation, result } = plan('move-shared');
		expect([result.state, result.reason]).toEqual(['done', null]);
		expect(ask(simulation, 'contentHash', 'vm')).toBe(ask(simulation, 'writtenHash', 'vm'));
		expect(ask(simulation, 'guestProgram', 'vm')).toBe(1);
		expect([ask(simulation, 'copiedBytes', ''), ask(simulation, 'mostWriters', ''), ask(simulation, 'capacityBytes', 'a')]).toEqual([
			0, 1, 0
		]);
		const said = simulation.world.r.fabric.messages.map((message) => `${message.opcode} ${message.from} ${message.to}`);
		for (const message of ['5604h fm pool', '4802h b pool', '5605h fm pool', '4803h a pool']) expect(said).toContain(message);
		expect(guest(simulation).gapNs).toBe(guest(simulation).blackoutNs);
		holds(simulation);
	});

	it('removal: the data leave the pool and come back, and the contents die in between', () => {
		const { simulation, result } = plan('move-by-removal');
		expect([result.state, result.reason]).toEqual(['done', null]);
		expect(ask(simulation, 'contentHash', 'vm')).toBe(ask(simulation, 'writtenHash', 'vm'));
		expect(ask(simulation, 'copiedBytes', 'vm')).toBe(16 * GIB);
		expect(guest(simulation).gapNs).toBeGreaterThan(5 * guest(simulation).blackoutNs);
		expect(simulation.world.r.fabric.losses.every(({ why }) => why === 'given up')).toBe(true);
		expect(simulation.world.r.fabric.losses.length).toBeGreaterThan(0);
		holds(simulation);
	});

	it('prepopulating needs the capacity twice and carries every byte once', () => {
		const { simulation, result } = plan('move-prepopulated');
		expect([result.state, result.reason]).toEqual(['done', null]);
		expect(ask(simulation, 'contentHash', 'vm')).toBe(ask(simulation, 'writtenHash', 'vm'));
		expect([ask(simulation, 'copiedBytes', 'vm'), ask(simulation, 'guestNetworkBytes', 'vm')]).toEqual([8 * GIB, 12 * GIB]);
		holds(simulation);
		const tight = heads(['a', 'b'], { bytes: '8 GiB' }, {}, { mediaBytes: '8 GiB' });
		tell(tight, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'a', region: 0, tag: TAG, bytes: '8 GiB' });
		act(tight, 'start-vm', { vm: 'vm' }, 'a');
		until(tight, 10, () => (tight.world.r.fabric.peers[0]?.dax.length ?? 0) > 0);
		act(tight, 'open-device', { tag: TAG });
		until(tight, 60, () => guest(tight).program === 'runs');
		expect(planned(tight, 'move-prepopulated', values)).toMatchObject({ state: 'failed', reason: expect.stringContaining('esource') });
	});

	it('capacity that may not be shared cannot be shared for a moment', () => {
		const { result } = plan('move-shared', begun({}));
		expect(result).toMatchObject({ state: 'failed', reason: expect.stringContaining('step 1') });
	});
});

describe('what goes wrong', () => {
	it('a copy of a program that works is old when it arrives', () => {
		const simulation = begun({});
		tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'b', region: 0, tag: 'C', bytes: '8 GiB' });
		until(simulation, 10, () => (simulation.world.r.fabric.peers[1]?.dax.length ?? 0) > 0);
		act(simulation, 'copy-device', { to: 'b', tag: 'C' });
		moved(simulation);
		act(simulation, 'move-vm', { to: 'b', tag: 'C' });
		moved(simulation);
		expect(ask(simulation, 'guestProgram', 'vm')).toBe(1);
		expect(ask(simulation, 'contentHash', 'vm')).not.toBe(ask(simulation, 'writtenHash', 'vm'));
		expect(guest(simulation).reason).toContain('not what it wrote last');
		holds(simulation);
	});

	it('given back before the target has it: without a reference the contents are gone, with one they are not', () => {
		for (const held of [false, true]) {
			const simulation = begun({ sharable: true, sanitize: true });
			act(simulation, 'close-device');
			until(simulation, 10, () => guest(simulation).program === 'none');
			if (held) expect(tell(simulation, 'fm', 'pool', 'dynamic-capacity-add-reference', { tag: TAG }).detail).toBe('');
			expect(tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host: 'a', policy: 'tag-based', tag: TAG }).ok).toBe(
				true
			);
			expect(until(simulation, 10, () => ask(simulation, 'capacityBytes', 'a') === 0)).toBe(true);
			const share = { host: 'b', region: 0, policy: held ? 'enable-shared-access' : 'free', tag: TAG, bytes: '8 GiB' };
			expect(tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', share).detail).toBe('');
			act(simulation, 'move-vm', { to: 'b' });
			moved(simulation);
			act(simulation, 'open-device');
			until(simulation, 10, () => guest(simulation).program === 'runs');
			expect(ask(simulation, 'contentHash', 'vm') === ask(simulation, 'writtenHash', 'vm')).toBe(held);
			expect(ask(simulation, 'losses', '') > 0).toBe(!held);
			holds(simulation);
		}
	});

	it('two programs that store to the shared tag are counted', () => {
		const simulation = begun();
		tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', {
			host: 'b',
			region: 0,
			policy: 'enable-shared-access',
			tag: TAG,
			bytes: '8 GiB'
		});
		until(simulation, 10, () => (simulation.world.r.fabric.peers[1]?.dax.length ?? 0) > 0);
		expect(tell(simulation, 'orchestrator', 'b', 'launch', { app: 'fill', kind: 'writer', tag: TAG }).ok).toBe(true);
		until(simulation, 60, () => ask(simulation, 'mostWriters', '') === 2);
		expect(ask(simulation, 'mostWriters', '')).toBe(2);
		expect(ask(simulation, 'contentHash', 'vm')).not.toBe(ask(simulation, 'writtenHash', 'vm'));
		holds(simulation);
	});

	it('a crashed target sends the VM back, a crashed source takes it along', () => {
		for (const [host, state, at] of [
			['b', 'running', 'a'],
			['a', 'lost', 'a']
		] as const) {
			const simulation = begun();
			act(simulation, 'move-vm', { to: 'b' });
			simulation.advance(simulation.nowNs + 200e6, Infinity);
			expect(guest(simulation).doing).toBe('moving');
			tell(simulation, 'fault', host, 'crash-host');
			simulation.advance(simulation.nowNs + 30e9, Infinity);
			expect([guest(simulation).state, guest(simulation).host, guest(simulation).doing]).toEqual([state, at, 'nothing']);
			holds(simulation);
		}
	});

	it('a device that the orchestrator has emptied is gone for the program too', () => {
		const simulation = begun();
		expect(planned(simulation, 'recall', { host: 'a', tag: TAG, device: 'pool' })).toMatchObject({ state: 'done' });
		expect([guest(simulation).program, ask(simulation, 'capacityBytes', 'a')]).toEqual(['none', 0]);
		expect(ask(simulation, 'guestGapNs', 'vm')).toBeGreaterThan(0);
		holds(simulation);
	});

	it('says why where something cannot be done', () => {
		const simulation = begun();
		const told = (execute: string, given: Record<string, unknown>, at = 'vm') =>
			tell(simulation, 'orchestrator', at, execute, given as never).detail;
		expect(told('move-vm', { to: 'c' })).toContain('no host');
		expect(told('move-vm', { to: 'a' })).toContain('already');
		expect(told('open-device', {})).toContain('already');
		expect(told('copy-device', { to: 'b', tag: 'C' })).toContain('ENOENT');
		expect(told('move-vm', { to: 'b' }, 'other')).toContain('no VM');
		act(simulation, 'move-vm', { to: 'b' });
		expect(told('close-device', {})).toContain('EBUSY');
		expect(told('start-vm', { vm: 'vm' }, 'a')).toContain('exists');
	});

	it('slices and rewinding change nothing', () => {
		const simulation = begun();
		act(simulation, 'move-vm', { to: 'b' });
		const until = simulation.nowNs + 20e9;
		simulation.advance(until, Infinity);
		const whole = simulation.fingerprint();
		simulation.seek(until - 19.9e9);
		while (simulation.nowNs < until) simulation.advance(until, 3);
		expect(simulation.fingerprint()).toBe(whole);
	});
});
