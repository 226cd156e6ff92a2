import type { MachineCommand } from '../../src/lib/engine/contract/machine-commands.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { allocRun } from '../../src/lib/engine/mm/alloc/page-alloc.ts';
import { release } from '../../src/lib/engine/mm/buddy.ts';
import { capture } from '../../src/lib/engine/sim/checkpoint.ts';
import { PIECE_BYTES } from '../../src/lib/engine/state/columns.ts';
import type { CallRecord } from '../../src/lib/engine/state/machine-records.ts';
import { beginWriting, endWriting } from '../../src/lib/engine/state/world.ts';

/** Linux machines to be timed, and how much of their state something touches. */

export function machineOf(qemuArgs: string, append = ''): Simulation {
	const opened = Simulation.open({
		limitBytes: 64e9,
		checkpointBytes: 64e6,
		scenario: {
			switchyard: 1,
			id: 'bench',
			title: 'Bench',
			hosts: [],
			machines: [{ id: 'm', qemuArgs: `-machine q35 -smp 2 ${qemuArgs}`.split(/\s+/), append }],
			untilNs: '600 s'
		}
	});
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	return opened.value;
}

type Asked = MachineCommand extends infer C ? (C extends unknown ? Omit<C, 'machine'> : never) : never;

const LONG_NS = 100_000e9;

/** Gives a command and runs until its call has ended well. */
export function ask(simulation: Simulation, command: Asked): CallRecord {
	const given = simulation.send({ ...command, machine: 'm' });
	if (!given.ok) throw new Error(given.detail);
	const find = (): CallRecord => simulation.world.r.calls.find((record) => record.id === given.value.call) as CallRecord;
	if (find().state === 'running') simulation.advance(simulation.nowNs + LONG_NS, Infinity, () => find().state === 'done');
	const call = find();
	if (call.state !== 'done' || call.errno !== null) throw new Error(`${call.text}: ${call.errno ?? call.waitingFor ?? 'goes on'}`);
	return call;
}

/** Words of one program, one after the other. */
export function words(simulation: Simulation, ...lines: readonly string[]): CallRecord[] {
	return lines.map((line) => ask(simulation, { name: 'process', process: 'p', words: line }));
}

/** Of `pages` free pages of the node every second one is taken for good: what is left of them are single pages. */
export function scatter({ world }: Simulation, node: number, pages: number): void {
	beginWriting(world);
	const runs = allocRun(world, { os: 0, gfp: 'movable', order: 0, node, nodemask: [node] }, pages);
	if (runs.reduce((sum, [, count]) => sum + count, 0) !== pages) throw new Error('there is not so much free memory');
	for (const [frame, count] of runs) for (let at = frame + (frame & 1); at < frame + count; at += 2) release(world, at, 0);
	endWriting(world);
}

/** Bytes of state in the 4 KiB pieces that `run` writes to. */
export function bytesTouched(simulation: Simulation, run: () => void): number {
	const { world, history } = simulation;
	capture(world, history);
	const kept = history.nextId;
	run();
	const touched = new Set<number>();
	for (const checkpoint of history.checkpoints) if (checkpoint.id >= kept) for (const piece of checkpoint.pieces) touched.add(piece);
	world.marks.forEach((mark, piece) => mark === 1 && touched.add(piece));
	return touched.size * PIECE_BYTES;
}
