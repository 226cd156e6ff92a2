import { cxlOf } from '../cxl/find.ts';
import { onlineBlocksOf, daxByName } from '../cxl/dax.ts';
import { after, ALREADY, before, type Answer, type JobOptions, type OfflineFailure, type Output, type Verb } from '../cxl/tools/jobs.ts';
import { beginTool, isToolLine, jobResult, tellFailure } from '../cxl/tools/shell.ts';
import type { ToolResult } from '../cxl/tools/result.ts';
import { beginOfflineWalk, offlineStep } from '../mm/blocks/offline.ts';
import { endCall, wakeCall } from '../mm/os/calls.ts';
import { KernelTimer } from '../mm/os/timers.ts';
import { wakeParked } from '../mm/os/wake.ts';
import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import type { CallRecord, JsonValue } from '../state/machine-records.ts';
import type { CxlRecord } from '../state/cxl-records.ts';
import type { World } from '../state/world.ts';
import { hotplugBusy, HOTPLUG_LOCK, SHELL_WALK } from './hotplug-lock.ts';

/**
 * A line typed at the guest's shell: cxl, daxctl, each also after "timeout SECONDS". Value: {rc, messages, json?}. Where memory
 * blocks have to go offline first the call is a walk, block by block, in the order in which the tool meets them; it ends at
 * the first that fails, as the tool does.
 */
export function runShell(world: World, os: number, line: string, call: CallRecord): void {
	const limit = /^\s*timeout\s+(\d+(?:\.\d+)?)s?\s+(.*)$/.exec(line);
	const words = limit?.[2] ?? line;
	if (!isToolLine(words)) {
		const name = words.trim().split(/\s+/)[0] ?? '';
		finish(world, call, { rc: name === '' ? 0 : 127, messages: name === '' ? [] : [`${name}: command not found`] });
		return;
	}
	const cxl = cxlOf(world, os);
	const begun = beginTool(world, cxl, words);
	if ('result' in begun) {
		wakeParked(world, os);
		finish(world, call, begun.result);
		return;
	}
	const { verb, items, options } = begun.job;
	call.work = {
		walk: SHELL_WALK,
		verb,
		items: [...items],
		force: options.force,
		human: options.human,
		at: 0,
		// Names that the walk of a memory block uses for itself: done, total, cursor, batch (mm/blocks/offline.ts).
		finished: 0,
		last: items.length === 0 && (verb === 'offline-memory' || verb === 'to-devdax') ? 'ENXIO' : null,
		messages: [],
		objects: [],
		blocks: null,
		failures: [],
		inside: false,
		limited: limit !== null
	};
	if (limit !== null)
		schedule(world, world.r.nowNs + Math.ceil(Number(limit[1]) * 1e9), EventKind.kernelTimer, call.id, KernelTimer.shellLimit);
	shellWalk(world, call);
}

/** timeout(1): SIGTERM to what still runs. */
export function shellLimit(world: World, id: number): void {
	const call = world.r.calls.find((each) => each.id === id);
	if (call === undefined || call.state !== 'running' || call.work['walk'] !== SHELL_WALK) return;
	call.work['signal'] = true;
	wakeCall(world, call);
}

function finish(world: World, call: CallRecord, result: ToolResult): void {
	const { rc, messages, json } = result;
	endCall(world, call, null, { rc, messages: [...messages], ...(json === undefined ? {} : { json }) } as unknown as JsonValue);
}

interface Work {
	readonly verb: Verb;
	readonly items: readonly string[];
	at: number;
	finished: number;
	last: Answer;
	/** Of the item in hand: [dax device, memory block] in order; null before it began. */
	blocks: [string, number][] | null;
	failures: OfflineFailure[];
	inside: boolean;
}

/** One event: a batch of the block in hand, or as many items as need no waiting. */
export function shellWalk(world: World, call: CallRecord): void {
	const { os } = call;
	const cxl = cxlOf(world, os) as CxlRecord;
	const work = call.work as unknown as Work;
	const out = call.work as unknown as Output;
	const options = call.work as unknown as JobOptions;
	if (work.inside) {
		const step = offlineStep(world, call);
		if (step === 'goes-on') return;
		work.inside = false;
		blockEnded(work, step === 'done' ? null : step);
	}
	if (call.work['signal'] === true) {
		// A program that a signal ends says nothing more: timeout(1) reports 124, the shell 130.
		finish(world, call, { rc: call.work['limited'] === true ? 124 : 130, messages: out.messages });
		wakeParked(world, os);
		return;
	}
	for (;;) {
		const item = work.items[work.at];
		if (item === undefined) break;
		if (work.blocks === null) {
			const first = before(world, cxl, work.verb, item, options, out);
			if ('answer' in first) {
				itemEnded(work, item, first.answer, out);
				continue;
			}
			work.blocks = first.offline.flatMap((name): [string, number][] => {
				const dax = daxByName(cxl, name);
				return dax === null ? [] : onlineBlocksOf(world, os, dax).map((id): [string, number] => [name, id]);
			});
			work.failures = [];
		}
		const next = work.blocks[0];
		if (next === undefined) {
			const answer = after(world, cxl, work.verb, item, work.failures, options, out);
			work.blocks = null;
			itemEnded(work, item, answer, out);
			continue;
		}
		if (hotplugBusy(world, call)) {
			call.waitingFor = HOTPLUG_LOCK;
			return;
		}
		call.waitingFor = null;
		const refused = beginOfflineWalk(world, os, next[1], call);
		if (refused === null) {
			work.inside = true;
			return;
		}
		blockEnded(work, refused);
	}
	finish(world, call, jobResult(work.verb, work.finished, work.last, out));
	wakeParked(world, os);
}

/** A device's first block that stays keeps the tool from the rest of that device. */
function blockEnded(work: Work, errno: string | null): void {
	const [name, block] = (work.blocks ?? []).shift() as [string, number];
	if (errno === null) return;
	work.failures.push({ dax: name, block, errno });
	work.blocks = (work.blocks ?? []).filter(([other]) => other !== name);
}

function itemEnded(work: Work, item: string, answer: Answer, out: Output): void {
	work.at += 1;
	if (answer === null) {
		work.finished += 1;
		return;
	}
	work.last = answer;
	if (answer !== ALREADY) tellFailure(work.verb, item, answer, out);
}
