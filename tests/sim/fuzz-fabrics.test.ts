/**
 * Goal: nothing that can be asked of a fabric breaks a statement about the whole world. Method: random commands of every actor on
 * random fabrics from fixed seeds; statements on the way, a replay at the end; what was asked is counted by word, outcome and
 * reason, and a cell that stays empty fails the test.
 */
import { describe, expect, it } from 'vitest';
import type { FabricCommand } from '../../src/lib/engine/contract/fabric-commands.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { prologue, randomFabric, randomFabricCommand } from './random-fabrics.ts';

const FIRST_SEED = seedOr(44_000);
const WORLDS = 128;
const COMMANDS = 60;
const met = new Map<string, number>();
const meet = (cell: string): void => void met.set(cell, (met.get(cell) ?? 0) + 1);

function play(seed: number): void {
	const chance = new Chance(seed);
	const scenario = randomFabric(chance);
	const opened = Simulation.open({ scenario, limitBytes: 2 ** 31 });
	if (!opened.ok) throw new Error(opened.detail);
	const simulation = opened.value;
	const look = (where: string): void => {
		const broken = simulation.check().checks.filter((each) => !each.holds);
		expect(broken.map((each) => `FUZZ_SEED=${seed}, ${where}: ${each.statement}: ${each.found}`)).toEqual([]);
	};
	for (const command of prologue(simulation)) {
		meet(`${command.execute} ${simulation.send(command).ok ? 'ok' : 'refused'}`);
		simulation.advance(simulation.nowNs + 20_000_000);
	}
	const queue: FabricCommand[] = [];
	for (let step = 0; step < COMMANDS; step += 1) {
		simulation.advance(simulation.nowNs + chance.pick([0, 300, 500_000, 5_000_000, 300_000_000, 3_000_000_000]));
		const command = randomFabricCommand(chance, simulation, queue);
		const sent = simulation.send(command);
		meet(`${command.execute} ${sent.ok ? 'ok' : 'refused'}`);
		look(`command ${step} ${JSON.stringify(command)}`);
	}
	simulation.advance(simulation.nowNs + 100_000_000_000);
	look('at the end');
	for (const [at, execute] of [
		['a', 'silence-host'],
		['a', 'silence-host'],
		['pool', 'surprise-remove'],
		['pool', 'surprise-remove']
	] as const)
		meet(`${execute} ${simulation.send({ name: 'fabric', actor: 'fault', at, execute }).ok ? 'ok' : 'refused'}`);
	simulation.advance(simulation.nowNs + 1_000_000_000);
	look('after the device was pulled out');
	const { fabric } = simulation.world.r;
	for (const { why } of fabric.losses) meet(`lost: ${why}`);
	for (const { state } of fabric.plans) meet(`plan ${state}`);
	for (const { state } of fabric.apps) meet(`app ${state}`);
	for (const name of Object.keys(fabric.counts)) meet(`count ${name}`);
	for (const { state } of fabric.messages) meet(`message ${state}`);
	const replayed = Simulation.open({ scenario, journal: simulation.world.journal, limitBytes: 2 ** 31 });
	if (!replayed.ok) throw new Error(replayed.detail);
	replayed.value.advance(simulation.nowNs);
	expect(replayed.value.fingerprint(), `FUZZ_SEED=${seed}: the replay ends elsewhere`).toBe(simulation.fingerprint());
}

/** Words that must have been carried out and refused, and ones that are never refused or never carried out. */
const BOTH = [
	'initiate-dynamic-capacity-add',
	'initiate-dynamic-capacity-release',
	'dynamic-capacity-add-reference',
	'dynamic-capacity-remove-reference',
	'gfd-dynamic-capacity-add',
	'gfd-dynamic-capacity-release',
	'set-sat-entry',
	'bind-vppb',
	'unbind-vppb',
	'load',
	'store',
	'flush',
	'invalidate',
	'evict',
	'prefetch',
	'write-back-clean',
	'answer',
	'release-dynamic-capacity',
	'add-dynamic-capacity-response',
	'clear-event-records',
	'reconfigure-device',
	'offline-memory',
	'launch',
	'close',
	'go-on',
	'stop-plan',
	'cut-link',
	'restore-link',
	'reset-switch',
	'reset-device',
	'crash-host',
	'silence-host',
	'wake-host',
	'inject-poison',
	'burst',
	'crash-manager',
	'restart-manager',
	'surprise-remove'
];
const DONE = [
	'fence',
	'set-answer',
	'serve',
	'write-once-read-many',
	'temporal-sharing',
	'recall',
	'reboot-host',
	'ignore-release',
	'media-error'
];
const CAME_ABOUT = [
	...['given up', 'sanitized', 'cache lost', 'dropped', 'overwritten', 'media', 'vanished'].map((why) => `lost: ${why}`),
	...['done', 'failed'].map((state) => `plan ${state}`),
	...['running', 'closed', 'killed'].map((state) => `app ${state}`),
	...[
		'staleReads',
		'deadReads',
		'vanishedStores',
		'poisonReads',
		'crashes',
		'refusedLaunches',
		'snoops',
		'returnedBytes',
		'forcedBytes',
		'lostMessages'
	].map((name) => `count ${name}`),
	'message lost'
];

describe('random commands on fabrics', () => {
	it.each(Array.from({ length: WORLDS / 8 }, (_, index) => FIRST_SEED + index * 8))(
		'break nothing: seeds from %i on',
		{ timeout: 240_000 },
		(first) => {
			for (let seed = first; seed < first + 8; seed += 1) play(seed);
		}
	);

	it('met what can be met', () => {
		if (FIRST_SEED !== 44_000) return;
		const wanted = [...BOTH.flatMap((word) => [`${word} ok`, `${word} refused`]), ...DONE.map((word) => `${word} ok`), ...CAME_ABOUT];
		expect(wanted.filter((cell) => !met.has(cell))).toEqual([]);
	});
});
