import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import { HAND_OVER_TOKEN, handOverStart, readHandOver, type HandOverPlan } from '../contract/hand-over.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { unpackOwner, type OwnerWord } from '../contract/words.ts';
import { ownerText } from '../migration/owner.ts';
import { stateMark } from '../contract/superpage-words.ts';
import { refreshSpeed } from '../hypervisor/speed.ts';
import { stampOf, writeStamp } from '../mm/frames.ts';
import { frameOf } from '../mm/space/mapping.ts';
import { writtenOf } from '../mm/space/written.ts';
import { blockOfFrame } from '../mm/zones.ts';
import { emit } from '../sim/trace.ts';
import type { VmRecord } from '../state/records.ts';
import type { LaidRecord } from '../state/rack-records.ts';
import type { World } from '../state/world.ts';
import { laidModel } from '../superpage/models/laid.ts';
import { crashed, type ModelActor } from '../superpage/search/model.ts';
import type { ProtocolStep } from '../superpage/steps.ts';
import { ownerIndex, ownerOf, sharedWordsOver, vcpuStateIndex, type SharedWords } from '../superpage/words.ts';
import { everyoneCatchesUp, nameOf, poolPagesOf } from './hosts.ts';
import { peerOf, rackVmOf } from './rack-records.ts';
import { adoptOrphan } from './restart.ts';
import { endZombies, leaveBehind, zombiesStore } from './zombies.ts';

/**
 * A hand-off that somebody laid (contract/hand-over.ts), taken step by step in a world: the same table as the search's, over the
 * world's super-page; what a step means for the guest happens to the guest. Host 0 is A, 1 is B, 2 is C, the VM is the first one
 * and lives on the pool. Who dies, dies by the word `crash`.
 */

/** What a step did with shared memory, for the record of it. */
interface Touched {
	index: number;
	refused: boolean;
	/** Token that a compare-and-swap of the owner word expected. */
	token: number;
}

/** Pages whose newest lines stay in a cache when nobody writes it back (our simplification). */
const MOST_STALE = 64;

export function laidStep(world: World, vmIndex: number, words: string, actorName: string, stepId: string): Outcome<string, ReasonId> {
	const plan = readHandOver(words);
	if (!plan.ok) return refused('bad-command', `arguments.plan: ${plan.detail}`);
	const vm = world.r.vms[vmIndex] as VmRecord;
	if (vmIndex !== 0 || world.r.hosts.length < 3 || poolPagesOf(world, vmIndex) < vm.populatedPages)
		return refused('bad-command', 'a laid hand-off needs three hosts, and a first VM that lives on the pool');
	if (world.r.operations.some((operation) => operation.vm === vmIndex && operation.state === 'running'))
		return refused('already-running', `${vm.id} is being moved`);
	const { actors } = laidModel(plan.value);
	const index = actors.findIndex(({ name }) => name === actorName);
	const actor = actors[index];
	if (!actor) return refused('bad-command', `arguments.actor: one of ${actors.map(({ name }) => name).join(', ')}`);
	const laid = begun(world, vm, words, actors);
	if (laid.plan !== words) return refused('bad-command', 'another hand-off was laid for this VM');
	everyoneCatchesUp(world);
	buryDead(world, laid, actors);
	const me = laid.actors[index] as LaidRecord['actors'][number];
	const open = [...(actor.rests.includes(me.step) ? [] : [me.step]), ...(actor.ways?.(me) ?? [])];
	const step = actor.steps.find(({ id }) => id === stepId) as ProtocolStep | undefined;
	if (!step || !open.includes(stepId)) return refused('bad-command', `${actorName} stands at ${me.step}, not at ${stepId}`);
	const ran = me.running;
	const before = ownerOf(world, 0);
	const seen: Touched = { index: -1, refused: false, token: -1 };
	const next = step.run({ words: wordsOf(world, seen), self: actor.host, incarnation: actor.incarnation, me, without: [] });
	me.step = actor.next?.[next] ?? next;
	noteStep(world, vm, actor, step, seen, before);
	if (ran !== me.running) turn(world, vm, plan.value, laid, actors, index);
	zombiesStore(world, 0);
	return ok(`the hand-off that was laid goes on at ${actorName}: ${stepId}`);
}

/** The step as a record: which word it touched, and what the owner word was before where that changed. */
function noteStep(
	world: World,
	vm: VmRecord,
	actor: ModelActor,
	{ id, access, says }: ProtocolStep,
	seen: Touched,
	before: OwnerWord
): void {
	const after = ownerOf(world, 0);
	const changed = after.token !== before.token || after.owner !== before.owner || after.state !== before.state;
	if (changed) {
		vm.previousOwner = [before.owner, before.state, before.incarnation, before.token];
		vm.ownerChangedNs = world.r.nowNs;
	}
	emit(world, {
		kind: 'step',
		rule: 'hand-off',
		cause: vm.causeSeq,
		vm: vm.id,
		host: nameOf(world, actor.host),
		values: {
			step: id,
			actor: actor.name,
			access: access ?? '',
			index: seen.index,
			refused: Number(seen.refused),
			expected: seen.token,
			...(changed ? { before: ownerText(world, before), after: ownerText(world, after), token: after.token } : {})
		},
		text: says
	});
}

function begun(world: World, vm: VmRecord, plan: string, actors: readonly ModelActor[]): LaidRecord {
	const mine = rackVmOf(world, 0);
	if (!mine.laid) {
		mine.laid = { plan, actors: actors.map(({ record }) => ({ ...record, locals: { ...record.locals } })) };
		const before = ownerOf(world, 0);
		vm.previousOwner = [before.owner, before.state, before.incarnation, before.token];
		vm.ownerChangedNs = world.r.nowNs;
		for (const [index, value] of handOverStart()) world.c.superpageWord.set(index, value);
	}
	return mine.laid;
}

/** The fabric manager answers here: who is cut off reaches the pool no more. */
function wordsOf(world: World, seen: Touched): SharedWords {
	const words = sharedWordsOver(
		world.c.superpageWord.data,
		(index) => world.c.superpageWord.mark(index),
		(host) => {
			peerOf(world, host).deviceFenced = true;
			endZombies(world, host, 'the device turned its first store away');
			return true;
		}
	);
	return {
		...words,
		load: (index) => {
			seen.index = index;
			return words.load(index);
		},
		store: (index, value) => {
			seen.index = index;
			words.store(index, value);
		},
		compareAndSwap: (index, expected, value) => {
			seen.index = index;
			seen.token = index === ownerIndex(0) ? unpackOwner(expected).token : -1;
			seen.refused = !words.compareAndSwap(index, expected, value);
			return !seen.refused;
		},
		add: (index, value) => {
			seen.index = index;
			return words.add(index, value);
		}
	};
}

function buryDead(world: World, laid: LaidRecord, actors: readonly ModelActor[]): void {
	const model = { survives: ['flushed', 'holds'] } as unknown as Parameters<typeof crashed>[0];
	actors.forEach((actor, index) => {
		const me = laid.actors[index] as LaidRecord['actors'][number];
		if (world.r.hosts[actor.host]?.power === 'down' && me.step !== 'crashed') laid.actors[index] = crashed(model, me);
	});
}

/** An actor stopped the VM, or runs it. */
function turn(world: World, vm: VmRecord, plan: HandOverPlan, laid: LaidRecord, actors: readonly ModelActor[], index: number): void {
	const { host } = actors[index] as ModelActor;
	const here = vm.instances[vm.running] === host;
	const runs = laid.actors[index]?.running === true;
	if (!runs && !here) return endZombies(world, host, 'its host stopped it');
	if (!runs) {
		vm.vcpuState = 'stopped';
		return say(world, vm, host, `${vm.vcpus} vCPUs of ${vm.id} stop on ${nameOf(world, host)}`);
	}
	// Somebody else runs it by now: this one goes on beside it, and nobody told it.
	if (here || vm.vcpuState !== 'running' || laid.actors[0]?.running !== true) return arrive(world, vm, plan, laid, host);
	if (host === 0) return leaveBehind(world, 0, host, true, true);
	arrive(world, vm, plan, laid, host);
	leaveBehind(world, 0, 0, true, true);
}

function arrive(world: World, vm: VmRecord, plan: HandOverPlan, laid: LaidRecord, host: number): void {
	const from = vm.instances[vm.running] as number;
	if (from !== host) {
		// Before it is B's the newest lines are in A's caches only.
		const stale = plan.memory === 'software' && laid.actors[0]?.locals['flushed'] !== true ? leaveOldLines(world, vm) : 0;
		adoptOrphan(world, 0, vm, host);
		vm.ownerHost = host;
		if (world.c.superpageWord.get(vcpuStateIndex(0)) !== stateMark(HAND_OVER_TOKEN))
			lose(world, vm, host, `${vm.id} runs on ${nameOf(world, host)} with registers that are not whole`);
		if (stale > 0) lose(world, vm, host, `${vm.id} reads old lines on ${nameOf(world, host)}: ${stale} pages have newer ones in a cache`);
	}
	const loss = world.r.rack?.losses.findLast((each) => each.vm === 0 && each.backNs < 0);
	if (loss) Object.assign(loss, { how: 'from-checkpoint', backOn: host, backNs: world.r.nowNs });
	vm.vcpuState = 'running';
	refreshSpeed(world, vm);
	say(world, vm, host, `${vm.id} runs on ${nameOf(world, host)}`);
}

/** What was written last stays in a cache: memory holds the write before. */
function leaveOldLines(world: World, vm: VmRecord): number {
	const mine = rackVmOf(world, 0);
	const damaged = new Set(mine.damagedGfns);
	const before = damaged.size;
	for (const part of vm.classes)
		for (let page = 0; page < part.pages && damaged.size - before < MOST_STALE; page += 1) {
			const gfn = part.firstGfn + page;
			const count = writtenOf(world, vm, gfn);
			const frame = frameOf(world, vm, vm.running, gfn);
			if (count < 2 || frame < 0 || damaged.has(gfn)) continue;
			damaged.add(gfn);
			writeStamp(world, blockOfFrame(frame), frame % PAGES_PER_BLOCK, stampOf(0, gfn, count - 1));
		}
	mine.damagedGfns = [...damaged].sort((a, b) => a - b);
	return damaged.size - before;
}

function lose(world: World, vm: VmRecord, host: number, text: string): void {
	world.r.marks.push(`lost: ${text}`);
	emit(world, { kind: 'loss', rule: 'hand-off', cause: vm.causeSeq, vm: vm.id, host: nameOf(world, host), values: {}, text });
}

function say(world: World, vm: VmRecord, host: number, text: string): void {
	vm.causeSeq = emit(world, {
		kind: 'vcpu',
		rule: 'hand-off',
		cause: vm.causeSeq,
		vm: vm.id,
		host: nameOf(world, host),
		values: { state: vm.vcpuState },
		text
	});
}
