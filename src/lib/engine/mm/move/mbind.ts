import { PAGES_PER_BLOCK } from '../../../base/units.ts';
import { BLOCK_ORDER } from '../../contract/words.ts';
import type { AreaRecord, CallRecord, PolicyRecord, ProcessRecord } from '../../state/machine-records.ts';
import type { World } from '../../state/world.ts';
import { settlePolicy, type PolicyWords } from '../alloc/mempolicy.ts';
import { memoryNodes } from '../alloc/zonelist.ts';
import { endCall } from '../os/calls.ts';
import { nodeOfBlock } from '../os/os.ts';
import { ownerOfFrame } from '../process/content.ts';
import { areasOf, familyOf, forEachRun } from '../space/areas.ts';
import { frameOf } from '../space/mapping.ts';
import type { FolioRun } from './folio.ts';
import { isFlying, landBatch, resumeFlight, startFlight } from './flight.ts';

/**
 * mbind(2) and migrate_pages(2), Linux 7.2.13 mm/mempolicy.c. Both queue folios by node and hand them to migrate_pages();
 * mbind sets its policy whatever then becomes of the pages.
 */

const answer = (world: World, call: CallRecord, op: string, ret: number, errno: string): void =>
	endCall(world, call, errno === 'OK' ? null : errno, { op, ret, errno });

/** do_mbind. Without a move flag no page moves; STRICT alone refuses when one lies elsewhere. */
export function startMbind(world: World, call: CallRecord, area: AreaRecord, words: PolicyWords): void {
	const policy = settlePolicy(world, call.os, words.policy);
	if (policy === 'EINVAL') return answer(world, call, 'bind', -1, 'EINVAL');
	// A hole in the range (queue_pages_test_walk).
	if (area.holes.length > 0) return answer(world, call, 'bind', -1, 'EFAULT');
	// STRICT means nothing for the default policy.
	const strict = words.flags.includes('strict') && policy.mode !== 'default';
	const all = words.flags.includes('move_all');
	const move = all || words.flags.includes('move');
	const stray = strict || move ? strayFolios(world, area, (node) => !policy.nodes.includes(node), all) : { runs: [], stuck: 0, shared: 0 };
	if (strict && !move && stray.runs.length + stray.stuck + stray.shared > 0) return answer(world, call, 'bind', -1, 'EIO');
	setPolicy(area, policy);
	const runs = move ? stray.runs : [];
	call.work['walk'] = 'mbind';
	call.work['strict'] = strict;
	call.work['failed'] = stray.stuck;
	call.work['total'] = runs.reduce((sum, run) => sum + run.pages, 0);
	if (runs.length === 0) return endMbind(world, call);
	startFlight(world, call, runs, { kind: 'policy', process: call.actor, area: area.slot });
}

function setPolicy(area: AreaRecord, policy: PolicyRecord): void {
	area.policy = policy.mode === 'default' ? null : policy;
}

export function runMbind(world: World, call: CallRecord): void {
	if (resumeFlight(world, call)) return;
	if (!isFlying(call)) return endMbind(world, call);
	const result = landBatch(world, call);
	if (result === null) return;
	call.work['failed'] = Number(call.work['failed']) + result.left + (result.enomem ? 1 : 0);
	endMbind(world, call);
}

function endMbind(world: World, call: CallRecord): void {
	const failed = Number(call.work['failed']) > 0 && call.work['strict'] === true;
	answer(world, call, 'bind', failed ? -1 : 0, failed ? 'EIO' : 'OK');
}

interface Strays {
	readonly runs: FolioRun[];
	/** Folios that cannot be isolated; folios that several processes map and that are passed over in silence. */
	stuck: number;
	shared: number;
}

/** queue_pages_range: folios of the area on a node for which `wanted` says yes; a huge folio comes whole. */
function strayFolios(world: World, area: AreaRecord, wanted: (node: number) => boolean, all: boolean): Strays {
	const strays: Strays = { runs: [], stuck: 0, shared: 0 };
	const others = familyOf(world, area).filter((other) => other !== area && other.processes.length > 0);
	forEachRun(world, area, (frame, page, pages, order) => {
		if (!wanted(nodeOfBlock(world, Math.floor(frame / PAGES_PER_BLOCK)))) return;
		if (area.kind === 'dax' || area.kind === 'pipe' || area.kind === 'kernel') {
			strays.stuck += pages;
			return;
		}
		if (others.length === 0) {
			strays.runs.push({ frame, page, pages, order, owner: ownerOfFrame(world, frame) });
			return;
		}
		const size = order === BLOCK_ORDER ? pages : 1;
		for (let at = 0; at < pages; at += size) {
			const shared = others.some((other) => frameOf(world, other, 0, page + at) === frame + at);
			if (shared && !all) strays.shared += 1;
			else strays.runs.push({ frame: frame + at, page: page + at, pages: size, order, owner: ownerOfFrame(world, frame + at) });
		}
	});
	return strays;
}

/** kernel_migrate_pages: everything of a process that lies on old nodes, as root (MPOL_MF_MOVE_ALL). */
export function startMigratePages(
	world: World,
	call: CallRecord,
	process: ProcessRecord,
	from: readonly number[],
	to: readonly number[]
): void {
	const usable = memoryNodes(world, call.os).filter((node) => to.includes(node));
	if (usable.length === 0 || from.length === 0)
		return answer(world, call, 'migrate', usable.length === 0 ? -1 : 0, usable.length === 0 ? 'EINVAL' : 'OK');
	call.work['walk'] = 'migrate-pages';
	call.work['process'] = process.id;
	call.work['from'] = [...from];
	call.work['to'] = usable;
	call.work['rest'] = [...from];
	call.work['failed'] = 0;
	nextPair(world, call);
}

/** do_migrate_pages: the next source whose target is no remaining source, so that nothing moves twice. */
function nextPair(world: World, call: CallRecord): void {
	const from = call.work['from'] as number[];
	const to = call.work['to'] as number[];
	const process = world.r.processes.find((candidate) => candidate.os === call.os && candidate.id === call.work['process']);
	for (;;) {
		const rest = call.work['rest'] as number[];
		let source = -1;
		let target = -1;
		for (const node of rest) {
			// Without a partner for each node, what already lies on a target stays there.
			if (from.length !== to.length && to.includes(node)) continue;
			const mapped = to[from.indexOf(node) % to.length] as number;
			if (mapped === node) continue;
			source = node;
			target = mapped;
			if (!rest.includes(target)) break;
		}
		if (source < 0 || !process) return endMigrate(world, call, Number(call.work['failed']), 'OK');
		call.work['rest'] = rest.filter((node) => node !== source);
		const runs: FolioRun[] = [];
		for (const area of areasOf(world, call.os, process.id)) {
			if (area.kind === 'kernel' || area.kind === 'pipe' || area.kind === 'dax') continue;
			runs.push(...strayFolios(world, area, (node) => node === source, true).runs);
		}
		if (runs.length === 0) continue;
		startFlight(world, call, runs, { kind: 'node', node: target, process: call.actor });
		return;
	}
}

export function runMigratePages(world: World, call: CallRecord): void {
	if (resumeFlight(world, call)) return;
	if (!isFlying(call)) return nextPair(world, call);
	const result = landBatch(world, call);
	if (result === null) return;
	if (result.enomem) return endMigrate(world, call, -1, 'ENOMEM');
	call.work['failed'] = Number(call.work['failed']) + result.left;
	nextPair(world, call);
}

function endMigrate(world: World, call: CallRecord, ret: number, errno: string): void {
	answer(world, call, 'migrate', ret, errno);
}
