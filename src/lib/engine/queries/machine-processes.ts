import type { CallStatus, HeldStatus, ProcessStatus } from '../contract/machine-status.ts';
import { policyText } from '../mm/alloc/mempolicy.ts';
import { triesOf } from '../mm/blocks/offline.ts';
import { ownerOfArea } from '../mm/os/os.ts';
import type { AreaRecord, CallRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { areaPagesByNode, type Held } from '../text/world/runs.ts';

/** Processes, calls and held pages of one machine for the page. */
export function processStatuses(world: World, os: number, held: readonly Held[]): ProcessStatus[] {
	return world.r.processes
		.filter((process) => process.os === os)
		.map((process) => ({
			id: process.id,
			pid: process.pid,
			cpu: process.cpu,
			state: process.state,
			areas: world.r.areas
				.filter((area): area is AreaRecord => area !== null && area.os === os && area.processes.includes(process.id))
				.map((area) => areaStatus(world, area, held))
		}));
}

function areaStatus(world: World, area: AreaRecord, held: readonly Held[]): ProcessStatus['areas'][number] {
	const byNode = areaPagesByNode(world, area);
	const runs = held.filter((entry) => entry.area === area && entry.term !== 'locked').flatMap((entry) => entry.runs);
	return {
		slot: area.slot,
		owner: ownerOfArea(world, area.slot),
		name: area.name,
		kind: area.kind,
		pageCount: area.pageCount,
		residentPages: [...byNode.values()].reduce((sum, pages) => sum + pages, 0),
		locked: area.locked,
		policy: area.policy ? policyText(area.policy) : 'default',
		pagesByNode: Object.fromEntries([...byNode].map(([node, pages]) => [String(node), pages])),
		heldPages: runs.reduce((sum, [, pages]) => sum + pages, 0)
	};
}

/** Ended calls that the page still shows. */
const MOST_ENDED = 20;

export function callStatuses(world: World, os: number): CallStatus[] {
	const calls = world.r.calls.filter((call) => call.os === os);
	const ended = calls.filter((call) => call.state === 'done').slice(-MOST_ENDED);
	return calls.filter((call) => call.state === 'running' || ended.includes(call)).map((call) => callStatus(call, world.r.nowNs));
}

function callStatus(call: CallRecord, nowNs: number): CallStatus {
	const figure = (key: string): number | null => {
		const value = call.work[key];
		return typeof value === 'number' ? value : null;
	};
	return {
		id: call.id,
		actor: call.actor,
		text: call.text,
		kind: call.kind,
		state: call.state,
		startNs: call.startNs,
		endNs: call.endNs < 0 ? null : call.endNs,
		errno: call.errno,
		waitingFor: call.waitingFor,
		tries: triesOf(call, nowNs),
		done: figure('done'),
		total: figure('total'),
		pfn: figure('pfn')
	};
}

const MOST_RUNS = 64;

export function heldStatuses(held: readonly Held[]): HeldStatus[] {
	return held.map((entry) => ({
		area: entry.area.slot,
		process: entry.process,
		term: entry.term,
		runs: entry.runs.slice(0, MOST_RUNS),
		more: Math.max(0, entry.runs.length - MOST_RUNS)
	}));
}
