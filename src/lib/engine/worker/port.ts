import { ok } from '../../base/outcome.ts';
import { LAYOUT_VERSION } from '../contract/layout.ts';
import {
	MODEL_VERSION,
	type AdvanceAnswer,
	type AdvanceRequest,
	type AskAnswer,
	type Buffers,
	type CrashReport,
	type EnginePort,
	type OpenRequest,
	type SendAnswer,
	type StepRequest,
	type WorldRequest
} from '../contract/port.ts';
import type { Query } from '../contract/queries.ts';
import { readScenario } from '../contract/scenario/read.ts';
import type { WorldStatus } from '../contract/status.ts';
import { Simulation, type Advance } from '../index.ts';
import { DEFAULT_LIMIT_BYTES, estimateMemory } from '../scenario/capacities.ts';

/**
 * The port over simulations: several worlds on one clock, both memory back-ends. Runs in the worker, and the same in Node
 * for tests. `handBack` marks buffers that travel back to the page (Comlink.transfer in the worker, nothing in Node).
 */
export function makePort(handBack: <T>(answer: T, buffers: ArrayBuffer[]) => T): EnginePort {
	const worlds = new Map<number, Simulation>();
	let nextWorld = 1;

	const worldOf = (id: number): Simulation => {
		const simulation = worlds.get(id);
		if (!simulation) throw new Error(`no world ${id} is open`);
		return simulation;
	};

	/** Takes the travelling buffers in, before anything is read or written. */
	const takeIn = (buffers: Buffers | undefined): void => {
		for (const [id, buffer] of Object.entries(buffers ?? {})) worlds.get(Number(id))?.rebind(buffer);
	};

	const giveBack = <T extends object>(answer: T, buffers: Buffers | undefined): T => {
		if (!buffers) return answer;
		const travelling: Record<number, ArrayBuffer> = {};
		for (const id of Object.keys(buffers)) {
			const simulation = worlds.get(Number(id));
			if (simulation) travelling[Number(id)] = simulation.world.buffer as ArrayBuffer;
		}
		return handBack({ ...answer, buffers: travelling }, Object.values(travelling));
	};

	/** Moves the named worlds in turn; a broken promise of one stops them all and is reported. */
	const move = (
		request: { readonly worlds: readonly number[]; readonly buffers?: Buffers },
		untilNs: number,
		eventBudget: number,
		go: (simulation: Simulation, budget: number) => Advance
	): AdvanceAnswer => {
		takeIn(request.buffers);
		let events = 0;
		let done = true;
		let crash: CrashReport | null = null;
		let progress = 1;
		for (const id of request.worlds) {
			const simulation = worldOf(id);
			const from = simulation.nowNs;
			try {
				const result = go(simulation, Math.max(1, Math.ceil((eventBudget - events) / request.worlds.length)));
				events += result.events;
				done &&= result.done;
			} catch (error) {
				crash = simulation.crashReport(id, error);
				break;
			}
			const span = untilNs - from;
			if (!done && span > 0) progress = Math.min(progress, (simulation.nowNs - from) / span);
		}
		const statuses: Record<number, WorldStatus> = {};
		for (const id of request.worlds) statuses[id] = worldOf(id).status();
		return giveBack({ done: done && crash === null, statuses, events, progress, crash }, request.buffers);
	};

	const sent = (request: WorldRequest, outcome: SendAnswer['outcome']): SendAnswer => {
		const simulation = worldOf(request.world);
		return giveBack({ outcome, status: simulation.status(), journal: [...simulation.world.journal] }, request.buffers);
	};

	return {
		describe: () =>
			Promise.resolve({
				modelVersion: MODEL_VERSION,
				layoutVersion: LAYOUT_VERSION,
				sharedMemory: typeof SharedArrayBuffer === 'function'
			}),
		estimate: (value) => {
			const scenario = readScenario(value);
			return Promise.resolve(scenario.ok ? ok(estimateMemory(scenario.value, DEFAULT_LIMIT_BYTES)) : scenario);
		},
		open: (request: OpenRequest) => {
			const opened = Simulation.open({ ...request, shared: request.memory === 'shared' });
			if (!opened.ok) return Promise.resolve(opened);
			const world = nextWorld;
			nextWorld += 1;
			const simulation = opened.value;
			worlds.set(world, simulation);
			const { buffer } = simulation.world;
			const answer = ok({ world, buffer, byteLength: buffer.byteLength, status: simulation.status() });
			return Promise.resolve(request.memory === 'shared' ? answer : handBack(answer, [buffer as ArrayBuffer]));
		},
		advance: (request: AdvanceRequest) =>
			Promise.resolve(
				move(request, request.untilNs, request.eventBudget, (simulation, budget) =>
					simulation.nowNs >= request.untilNs ? simulation.advance(simulation.nowNs, budget) : simulation.advance(request.untilNs, budget)
				)
			),
		step: (request: StepRequest) =>
			Promise.resolve(
				move(
					{ ...request, worlds: [request.world] },
					worldOf(request.world).world.scenario.untilNs,
					request.eventBudget,
					(simulation, budget) => simulation.step(request.unit, budget)
				)
			),
		seek: (request: AdvanceRequest) =>
			Promise.resolve(
				move(request, request.untilNs, request.eventBudget, (simulation, budget) => simulation.seek(request.untilNs, budget))
			),
		send: (request) => {
			takeIn(request.buffers);
			return Promise.resolve(sent(request, worldOf(request.world).send(request.command)));
		},
		undo: (request) => {
			takeIn(request.buffers);
			return Promise.resolve(sent(request, worldOf(request.world).undo()));
		},
		ask: <Q extends Query>(request: WorldRequest & { readonly query: Q }) => {
			takeIn(request.buffers);
			const answer = worldOf(request.world).ask(request.query, (other) => worlds.get(other));
			return Promise.resolve(giveBack({ answer } as AskAnswer<Q>, request.buffers));
		},
		close: (request) => {
			worlds.delete(request.world);
			return Promise.resolve();
		}
	};
}
