import { describe, expect, it } from 'vitest';
import { REASONS } from '../../src/lib/engine/contract/reasons.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import type { OperationRecord } from '../../src/lib/engine/state/records.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { expectPinsKnown, expectSound, settle } from '../support/worlds.ts';
import { CELLS, FAULTS, mendAll, parametersFor, SHORT_PHASES, worldFor, type Cell } from './thousand-cells.ts';

/**
 * A thousand random scenarios, each with a fault in one phase of one strategy: no guest write is lost in silence, a VM never
 * has two owners, every refusal has its reason. The cells of strategy, phase and fault are counted; an empty one fails.
 */
const FIRST_SEED = seedOr(600_000);
const SCENARIOS = 1000;
const IN_ONE_TEST = 50;

const met = new Map<string, number>();
const ends = new Map<string, number>();
const answers = new Map<string, number>();
const note = (counts: Map<string, number>, what: string): void => void counts.set(what, (counts.get(what) ?? 0) + 1);

const nameOf = ({ strategy, phase, fault }: Cell): string => `${strategy} · ${phase} · ${fault}`;

function play(seed: number, cell: Cell): void {
	const chance = new Chance(seed);
	const opened = Simulation.open({ scenario: worldFor(chance, cell), checkpointBytes: 0 });
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	const simulation = opened.value;
	const where = `FUZZ_SEED=${seed}, ${nameOf(cell)}`;
	simulation.advance(chance.whole(0, 3_000_000));
	const order = simulation.send({
		name: 'migrate',
		vm: 'vm0',
		target: 'B',
		strategy: cell.strategy,
		parameters: parametersFor(chance, cell)
	});
	note(answers, `migrate: ${order.ok ? 'accepted' : order.reason}`);
	if (!order.ok) throw new Error(`${where}: ${order.reason}: ${order.detail}`);
	const operation = simulation.world.r.operations[0] as OperationRecord;
	const inPhase = (): boolean => operation.phase === cell.phase && operation.state === 'running';
	const waited = cell.phase === 'paused' ? 'fetch' : cell.phase;
	if (operation.phase !== waited)
		simulation.advance(simulation.nowNs + 20_000_000_000, Infinity, () => operation.phase === waited || operation.state !== 'running');
	if (cell.phase === 'paused') simulation.send({ name: 'rack', execute: 'break-stream', vm: 'vm0' });
	if (!inPhase()) return note(ends, `${cell.strategy}: never in ${cell.phase}`);
	for (let events = SHORT_PHASES.includes(cell.phase) ? 0 : chance.whole(0, 8); events > 0 && inPhase(); events -= 1)
		simulation.advance(simulation.nowNs + 500_000_000, 1);
	if (inPhase()) note(met, nameOf(cell));
	for (const command of FAULTS[cell.fault](chance, simulation.world, operation)) {
		const answer = simulation.send(command);
		note(answers, `${command.name === 'rack' ? command.execute : command.name}: ${answer.ok ? 'accepted' : answer.reason}`);
		if (!answer.ok) expect(Object.keys(REASONS), where).toContain(answer.reason);
	}
	expectSound(simulation, `${where}, after the fault`);
	// Whatever holds on or writes too fast gives way at last, so that everything can end.
	if (!settle(simulation, 3_000_000_000)) {
		for (const command of mendAll(simulation.world)) simulation.send(command);
		for (const pin of [...simulation.world.r.pins]) simulation.send({ name: 'unpin', vm: 'vm0', gfn: pin.gfn });
		simulation.send({ name: 'set-workload', vm: 'vm0', workload: { kind: 'idle', rateBytesPerSecond: 0 } });
		simulation.send({ name: 'migrate-set-parameters', vm: 'vm0', maxBandwidthBytesPerSecond: 0, downtimeLimitNs: 300_000_000 });
		expect(settle(simulation, 60_000_000_000), `${where}: still running after a minute`).toBe(true);
	}
	expectSound(simulation, `${where}, at the end`);
	expectPinsKnown(simulation, where);
	const [guest] = simulation.world.r.vms;
	note(ends, `the guest is ${guest?.vcpuState}${simulation.world.r.marks.length > 0 ? ', with marks' : ''}`);
	if (guest?.vcpuState === 'lost') expect(simulation.world.r.marks, `${where}: lost in silence`).not.toEqual([]);
	note(ends, `${operation.strategy}: ${operation.state}${operation.reason === null ? '' : ` (${operation.reason})`}`);
}

describe('a thousand random scenarios', () => {
	const first = Array.from({ length: SCENARIOS / IN_ONE_TEST }, (_, index) => index * IN_ONE_TEST);
	it.each(first)('lose nothing in silence and have one owner: from number %i on', (from) => {
		const broken: string[] = [];
		for (let index = from; index < from + IN_ONE_TEST; index += 1)
			try {
				play(FIRST_SEED + index, CELLS[index % CELLS.length] as Cell);
			} catch (error) {
				broken.push((error as Error).stack ?? String(error));
			}
		expect(broken.slice(0, 3).join('\n\n'), `${broken.length} of ${IN_ONE_TEST}`).toBe('');
	});

	it('met every fault in every phase of every strategy', () => {
		const table = (counts: Map<string, number>): string =>
			[...counts]
				.sort(([a], [b]) => (a < b ? -1 : 1))
				.map(([what, count]) => `${String(count).padStart(6)}  ${what}`)
				.join('\n');
		console.log(`${SCENARIOS} scenarios from seed ${FIRST_SEED}\n${table(met)}\n\n${table(ends)}\n\n${table(answers)}`);
		expect(CELLS.map(nameOf).filter((name) => !met.has(name))).toEqual([]);
	});
});
