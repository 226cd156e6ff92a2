import { describe, expect, it } from 'vitest';
import { exchangeCommands } from '../../../../../src/lib/engine/contract/exchange.ts';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { fabric, heads, tell, until } from '../../../../support/fabric.ts';
import { Chance, seedOr } from '../../../../support/chance.ts';

const MIB = 1024 ** 2;
const quantity = (simulation: Simulation, q: string, of: string): number =>
	Number(simulation.ask({ kind: 'evaluate', expressions: [{ q, of } as never] })[0]);
const holds = (simulation: Simulation): void => {
	for (const { statement, holds: so, found } of simulation.check().checks) expect(so, `${statement}: ${found ?? ''}`).toBe(true);
};

/** Tag T of one block, accepted by all hosts. */
function shared(
	hosts: readonly string[],
	region: Record<string, unknown> = {},
	host: Record<string, unknown> = {},
	belief?: string
): Simulation {
	const simulation = heads(hosts, { sharable: true, bytes: '1 GiB', ...region }, host, {}, belief ? { belief } : {});
	hosts.forEach((each, index) => {
		const told = tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', {
			host: each,
			tag: 'T',
			bytes: 2 * MIB,
			...(index === 0 ? {} : { policy: 'enable-shared-access' })
		});
		expect(told.detail).toBe('');
		expect(until(simulation, 5, () => quantity(simulation, 'daxBytes', each) > 0)).toBe(true);
	});
	return simulation;
}
const at = (simulation: Simulation, host: string, execute: string, more: Record<string, number | boolean> = {}) =>
	tell(simulation, 'host', host, execute, { tag: 'T', offset: 0, ...more });
const read = (simulation: Simulation, host: string): { version: number; stale: boolean } =>
	at(simulation, host, 'load').output as { version: number; stale: boolean };

describe('software-managed sharing', () => {
	it('shows the old line until the writer flushes and the reader invalidates', () => {
		const simulation = shared(['a', 'b']);
		expect(read(simulation, 'b')).toMatchObject({ version: 0, stale: false });
		at(simulation, 'a', 'store');
		expect(read(simulation, 'b')).toMatchObject({ version: 0, stale: true });
		at(simulation, 'a', 'flush');
		expect(read(simulation, 'b')).toMatchObject({ version: 0, stale: true });
		at(simulation, 'b', 'invalidate');
		expect(read(simulation, 'b')).toMatchObject({ version: 1, stale: false });
		expect(quantity(simulation, 'staleReads', '')).toBe(2);
		expect(simulation.status().fabric?.lines.map(({ host, state, stale }) => [host, state, stale])).toEqual([
			['a', 'clean', false],
			['b', 'clean', false]
		]);
		holds(simulation);
	});

	it('draws a stale copy as a ghost', () => {
		const simulation = shared(['a', 'b']);
		at(simulation, 'b', 'prefetch');
		at(simulation, 'a', 'store');
		at(simulation, 'a', 'flush');
		expect(simulation.status().fabric?.lines.find(({ host }) => host === 'b')?.stale).toBe(true);
	});

	it('loses what was stored when it is invalidated in place of flushed, and says so', () => {
		const simulation = shared(['a', 'b']);
		at(simulation, 'a', 'store');
		at(simulation, 'a', 'invalidate');
		expect(simulation.world.r.fabric.losses).toMatchObject([{ writer: 'a', version: 1, why: 'dropped' }]);
		holds(simulation);
	});

	it('loses dirty lines with the host that crashes, and keeps flushed ones', () => {
		const simulation = shared(['a', 'b']);
		at(simulation, 'a', 'store');
		at(simulation, 'a', 'flush');
		at(simulation, 'a', 'store');
		tell(simulation, 'fault', 'a', 'crash-host');
		expect(simulation.world.r.fabric.losses).toMatchObject([{ version: 2, why: 'cache lost' }]);
		expect(read(simulation, 'b').version).toBe(1);
		holds(simulation);
	});

	it('a clean writeback of a host that never stored destroys newer data, unless the host guarantees that it does none', () => {
		for (const noCleanWritebacks of [false, true]) {
			const simulation = shared(['a', 'b'], {}, { noCleanWritebacks });
			at(simulation, 'b', 'load');
			at(simulation, 'a', 'store');
			at(simulation, 'a', 'flush');
			const told = at(simulation, 'b', 'write-back-clean');
			expect(told.ok).toBe(!noCleanWritebacks);
			expect(simulation.world.r.fabric.losses.map(({ why }) => why)).toEqual(noCleanWritebacks ? [] : ['overwritten']);
			at(simulation, 'b', 'invalidate');
			expect(read(simulation, 'b').version).toBe(noCleanWritebacks ? 1 : 0);
			holds(simulation);
		}
	});

	it('who believes that shared memory is always fresh reads what nobody has flushed', () => {
		const simulation = shared(['a', 'b'], {}, {}, 'shared-is-fresh');
		at(simulation, 'b', 'load');
		at(simulation, 'a', 'store');
		expect(read(simulation, 'b').version).toBe(1);
	});

	it('takes the losing order of an exchange as commands and reads the old line in it', () => {
		const simulation = shared(['a', 'b']);
		const verdict = simulation.ask({ kind: 'exchange', plan: 'software; A1 flush question; B4 flush answer; A5 invalidate answer' });
		expect(verdict?.wins).toBe(false);
		for (const command of exchangeCommands(verdict?.path ?? [], { A: 'a', B: 'b' }, 'T')) expect(simulation.send(command).ok).toBe(true);
		expect(quantity(simulation, 'staleReads', '')).toBe(1);
	});
});

describe('what is not plain memory', () => {
	it('drops stores to a read-only region', () => {
		const simulation = shared(['a', 'b'], { readOnly: true });
		expect(at(simulation, 'a', 'store').output).toEqual({ stored: false });
		expect(quantity(simulation, 'vanishedStores', '')).toBe(1);
		expect(read(simulation, 'b').version).toBe(0);
	});

	it('reads all ones and swallows stores after a forced release, or poison where that is enabled', () => {
		for (const [poisonOnDecodeError, reads] of [
			[false, 'all ones'],
			[true, 'poison']
		] as const) {
			const simulation = shared(['a', 'b'], {}, { poisonOnDecodeError });
			// Somebody has it mapped: the mapping stays when the access is cut.
			tell(simulation, 'orchestrator', 'a', 'launch', { tag: 'T', app: 'db' });
			until(simulation, 5, () => quantity(simulation, 'appRuns', 'db') === 1);
			tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host: 'a', tag: 'T', forced: true });
			expect(at(simulation, 'a', 'load').output).toEqual({ reads });
			expect(at(simulation, 'a', 'store').output).toEqual({ stored: false });
			expect(read(simulation, 'b').version).toBe(1);
			until(simulation, 1, () => quantity(simulation, 'appKilled', 'db') === 1);
			expect(quantity(simulation, 'appKilled', 'db')).toBe(1);
			holds(simulation);
		}
	});

	it('gives an exception over a link that is down', () => {
		const simulation = shared(['a', 'b']);
		tell(simulation, 'fault', 'a', 'cut-link');
		expect(at(simulation, 'a', 'load')).toMatchObject({ ok: false, detail: expect.stringContaining('exception') });
		expect(at(simulation, 'b', 'load').ok).toBe(true);
		tell(simulation, 'fault', 'a', 'restore-link');
		expect(at(simulation, 'a', 'load').ok).toBe(true);
	});

	it('reads poison until the whole line is stored', () => {
		const simulation = shared(['a', 'b']);
		const dpa = simulation.world.r.fabric.peers[0]?.dax[0]?.pieces[0]?.dpa as number;
		expect(tell(simulation, 'fault', 'pool', 'inject-poison', { dpa }).ok).toBe(true);
		expect(at(simulation, 'a', 'load').output).toEqual({ reads: 'poison' });
		at(simulation, 'a', 'store');
		expect(simulation.world.r.fabric.devices[0]?.poison).toEqual([]);
		expect(read(simulation, 'a').version).toBe(1);
	});
});

describe('hardware-managed sharing', () => {
	const settled = (simulation: Simulation): void => {
		until(simulation, 1, () => simulation.world.r.fabric.messages.every(({ state }) => state !== 'flying'));
		expect(simulation.world.r.fabric.snoops).toEqual([]);
	};

	it('takes the line from its owner before anybody else has it: nothing is ever old', () => {
		const simulation = shared(['a', 'b', 'c'], { hardwareCoherent: true });
		at(simulation, 'a', 'store');
		settled(simulation);
		expect(simulation.world.r.fabric.lines).toMatchObject([{ host: 'a', state: 'modified', value: 1 }]);
		at(simulation, 'b', 'load');
		settled(simulation);
		expect(simulation.world.r.fabric.lines.map(({ host, state, value }) => [host, state, value])).toEqual([
			['a', 'shared', 1],
			['b', 'shared', 1]
		]);
		at(simulation, 'c', 'store');
		settled(simulation);
		expect(simulation.world.r.fabric.lines).toMatchObject([{ host: 'c', state: 'modified', value: 2 }]);
		expect(simulation.world.r.fabric.messages.map(({ opcode }) => opcode)).toEqual(
			expect.arrayContaining(['MemRd', 'BISnpData', 'BISnpInv', 'BIRsp', 'MemData'])
		);
		holds(simulation);
	});

	const seed = seedOr(20261121);
	it(`has one owner at most and loses no store in any order (seed ${seed})`, () => {
		const chance = new Chance(seed);
		for (let round = 0; round < 20; round += 1) {
			const hosts = ['a', 'b', 'c'];
			const simulation = shared(hosts, { hardwareCoherent: true });
			let stores = 0;
			for (let step = 0; step < 40; step += 1) {
				const execute = chance.pick(['load', 'store', 'load', 'store', 'evict']);
				if (execute === 'store') stores += 1;
				at(simulation, chance.pick(hosts), execute, { offset: 64 * chance.whole(0, 1) });
				simulation.advance(simulation.nowNs + chance.whole(0, 400), Infinity);
				for (const offset of [0, 64]) {
					const media = (simulation.world.r.fabric.tags[0]?.media[0]?.at ?? 0) + offset;
					const owners = simulation.world.r.fabric.lines.filter((line) => line.at === media && line.state !== 'shared');
					const all = simulation.world.r.fabric.lines.filter((line) => line.at === media);
					if (owners.length > 0) expect(all, `seed ${seed}, round ${round}, step ${step}`).toHaveLength(1);
				}
			}
			settled(simulation);
			expect(simulation.world.r.fabric.nextVersion - 1).toBe(stores);
			expect(simulation.world.r.fabric.losses).toEqual([]);
			expect(quantity(simulation, 'staleReads', '')).toBe(0);
			holds(simulation);
		}
	});

	it('is not touched by what belongs to software: settling, flushing or dropping an owned line leaves it owned', () => {
		const simulation = shared(['a', 'b'], { hardwareCoherent: true });
		at(simulation, 'a', 'store');
		until(simulation, 1, () => simulation.world.r.fabric.lines.length === 1);
		const before = JSON.stringify(simulation.world.r.fabric.lines);
		for (const execute of ['settle', 'flush', 'invalidate', 'prefetch', 'write-back-clean']) at(simulation, 'a', execute);
		expect(JSON.stringify(simulation.world.r.fabric.lines)).toBe(before);
	});

	it('gives nothing to a host that crashed while its request was under way', () => {
		const simulation = shared(['a', 'b'], { hardwareCoherent: true });
		at(simulation, 'a', 'load');
		expect(tell(simulation, 'fault', 'a', 'crash-host').ok).toBe(true);
		simulation.advance(simulation.nowNs + 1e6);
		expect(simulation.world.r.fabric.lines).toEqual([]);
		expect(simulation.world.r.fabric.snoops).toEqual([]);
		at(simulation, 'b', 'store');
		simulation.advance(simulation.nowNs + 1e6);
		expect(simulation.world.r.fabric.lines).toMatchObject([{ host: 'b', state: 'modified' }]);
	});

	it('goes on when the host that is snooped crashes', () => {
		const simulation = shared(['a', 'b'], { hardwareCoherent: true });
		at(simulation, 'a', 'store');
		settled(simulation);
		at(simulation, 'b', 'load');
		until(simulation, 1, () => simulation.world.r.fabric.snoops.some(({ waitingFor }) => waitingFor.includes('a')));
		tell(simulation, 'fault', 'a', 'crash-host');
		settled(simulation);
		expect(simulation.world.r.fabric.lines).toMatchObject([{ host: 'b', value: 0 }]);
		expect(simulation.world.r.fabric.losses).toMatchObject([{ version: 1, why: 'cache lost' }]);
	});
});

describe('one view from different extents (reference 5.4)', () => {
	it('gives each host its own addresses for the same byte', () => {
		const simulation = fabric({
			devices: [
				{
					id: 'pool',
					kind: 'mh-sld',
					hosts: ['a', 'b'],
					ldBases: ['0x180000000', '0x40000000'],
					regions: [{ bytes: '4 GiB', sharable: true }]
				}
			],
			hosts: [
				{ id: 'a', windows: [{ baseHpa: '0x1000000000', bytes: '4 GiB', targets: ['pool'] }] },
				{ id: 'b', windows: [{ baseHpa: '0x4800000000', bytes: '4 GiB', targets: ['pool'] }] }
			]
		});
		const add = (host: string, policy: string, extents: readonly (readonly [number, string, number])[]) => {
			const told = tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', {
				host,
				policy,
				tag: 'T',
				bytes: 1024 * MIB,
				extents: extents.map(([sequence, dpa, mib]) => ({ sequence, dpa, bytes: mib * MIB }))
			});
			expect(told.detail).toBe('');
			expect(until(simulation, 5, () => quantity(simulation, 'daxBytes', host) === 1024 * MIB)).toBe(true);
		};
		add('a', 'prescriptive', [
			[1, '0x240000000', 512],
			[0, '0x200000000', 256],
			[2, '0x180000000', 256]
		]);
		add('b', 'enable-shared-access', [
			[1, '0x50000000', 256],
			[0, '0x90000000', 768]
		]);
		const views = simulation.status().fabric?.tags[0]?.views ?? [];
		expect(views.map(({ complete }) => complete)).toEqual([true, true]);
		const reach = (host: string, offset: number): [string, string] => {
			const piece = views.find((view) => view.host === host)?.pieces.find(({ at: from, bytes }) => offset >= from && offset < from + bytes);
			const inside = offset - (piece?.at ?? 0);
			return [((piece?.dpa ?? 0) + inside).toString(16), ((piece?.hpa ?? 0) + inside).toString(16)];
		};
		expect(reach('a', 0)).toEqual(['200000000', '1080000000']);
		expect(reach('b', 0)).toEqual(['90000000', '4850000000']);
		expect(reach('a', 0x12345000)).toEqual(['242345000', '10c2345000']);
		expect(reach('b', 0x12345000)).toEqual(['a2345000', '4862345000']);
		expect(reach('a', 0x30000000)).toEqual(['180000000', '1000000000']);
		expect(reach('b', 0x30000000)).toEqual(['50000000', '4810000000']);
		// One store at each place is read by the other host there.
		for (const offset of [0, 0x12345000, 0x30000000]) {
			const line = Math.floor(offset / 64) * 64;
			at(simulation, 'a', 'store', { offset: line });
			at(simulation, 'a', 'flush', { offset: line });
			const got = at(simulation, 'b', 'load', { offset: line }).output as { version: number; writer: string };
			expect(got.writer).toBe('a');
		}
		expect(quantity(simulation, 'viewsAgree', 'T')).toBe(1);
		holds(simulation);
	});
});
