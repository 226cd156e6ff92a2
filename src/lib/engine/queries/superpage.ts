import { mix32 } from '../../base/hash.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import type { TraceRecord } from '../contract/records.ts';
import type { SuperpageAnswer } from '../contract/superpage-models.ts';
import { wordIndex } from '../contract/superpage.ts';
import { OWNER_STATE_NAMES, packOwner } from '../contract/words.ts';
import type { RackPeerRecord } from '../state/rack-records.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { checksum, descriptorSlots, moving } from '../superpage/descriptors.ts';
import { handOffStep, type HandOffStep } from '../superpage/hand-off.ts';
import { fenceIndex, ownerIndex, phaseIndex, rangesIndex, vcpuStateIndex } from '../superpage/words.ts';

/** The words of the super-page as they stand in a world. */
const text = (value: bigint): string => value.toString(16).padStart(16, '0');

/** Which word a step of the hand-off touches. */
const TOUCHES: Readonly<Record<string, (vm: number, host: number) => number>> = {
	'read-owner': ownerIndex,
	propose: phaseIndex,
	'await-prepared': phaseIndex,
	save: vcpuStateIndex,
	'check-owner': ownerIndex,
	'check-fence': (_, host) => fenceIndex(host),
	freeze: ownerIndex,
	'await-commit': ownerIndex,
	'look-at-fence': (_, host) => fenceIndex(host),
	reclaim: ownerIndex,
	abort: ownerIndex,
	withdraw: phaseIndex,
	'read-phase': phaseIndex,
	'check-ranges': rangesIndex,
	reject: phaseIndex,
	prepare: phaseIndex,
	'await-handoff': ownerIndex,
	'check-state': vcpuStateIndex,
	'read-fence': (_, host) => fenceIndex(host),
	commit: ownerIndex,
	'clear-phase': phaseIndex
};

/** Where a compare-and-swap leads that found another value. */
const REFUSED: Readonly<Record<string, string>> = {
	abort: 'await-commit',
	reclaim: 'await-commit',
	commit: 'await-handoff',
	freeze: 'abandoned',
	propose: 'withdraw',
	prepare: 'gave-up'
};

/** What a recovery does to which word; `host` is the victim. */
const RECOVERING: Readonly<Record<string, { readonly access: Access; readonly index: (host: number) => number }>> = {
	suspect: { access: 'compare-and-swap', index: (host) => wordIndex('suspect', host) },
	claim: { access: 'compare-and-swap', index: () => wordIndex('recovery') },
	fence: { access: 'compare-and-swap', index: fenceIndex },
	scan: { access: 'load', index: () => ownerIndex(0) }
};

type Access = SuperpageAnswer['taken'][number]['access'];
type Done = Omit<SuperpageAnswer['taken'][number], 'number'>;

/** Steps of the last hand-off of the world, laid or not, and of the recoveries since, from its records. */
function lastHandOff(world: World): SuperpageAnswer['taken'] {
	const { trace } = world;
	const isStep = ({ kind, rule, values }: TraceRecord): boolean =>
		kind === 'step' && rule === 'hand-off' && (typeof values['index'] === 'number' || handOffStep(String(values['step'])) !== null);
	const last = trace.findLast(isStep);
	const first = trace.findIndex((record) => isStep(record) && record.operation === last?.operation && record.vm === last?.vm);
	const done = trace.slice(Math.max(0, first)).flatMap((record): Done[] => {
		if (record.kind === 'rack') return recovering(world, record);
		if (!isStep(record) || record.operation !== last?.operation || record.vm !== last?.vm) return [];
		return [typeof record.values['index'] === 'number' ? laid(world, record) : handingOver(world, record)];
	});
	return done.map((each, at) => ({ ...each, number: at + 1 }));
}

const hostOf = (world: World, id: unknown): number => world.r.hosts.findIndex((host) => host.id === id);

function handingOver(world: World, record: TraceRecord): Done {
	const step = handOffStep(String(record.values['step'])) as HandOffStep;
	const vm = world.r.vms.findIndex(({ id }) => id === record.vm);
	const of = world.r.operations.find(({ id }) => id === record.operation);
	const host = (step.actor === 'source' ? of?.source : of?.target) ?? 0;
	return {
		host,
		access: step.access,
		index: TOUCHES[step.id]?.(vm, host) ?? null,
		refused: REFUSED[step.id] !== undefined && REFUSED[step.id] === record.values['next'],
		says: record.text.startsWith('owner word') ? step.says : record.text,
		kind: 'step',
		token: null
	};
}

function laid(world: World, record: TraceRecord): Done {
	const { access, index, refused, expected } = record.values;
	return {
		host: hostOf(world, record.host),
		access: access === '' ? null : (access as Access),
		index: Number(index) < 0 ? null : Number(index),
		refused: refused === 1,
		says: record.text,
		kind: 'step',
		token: Number(expected) < 0 ? null : Number(expected)
	};
}

function recovering(world: World, record: TraceRecord): Done[] {
	const done = RECOVERING[String(record.values['what'])];
	const by = hostOf(world, record.values['by']);
	if (!done || by < 0) return [];
	// Who only waits touches nothing.
	const waits = record.rule === 'fabric-manager-loss';
	const index = waits ? null : done.index(hostOf(world, record.host));
	return [{ host: by, access: waits ? null : done.access, index, refused: false, says: record.text, kind: 'step', token: null }];
}

/** Values of an owner word before the present one, oldest first, two at most: the last, and what the record of that change says. */
function earlierOwners(world: World, vmIndex: number): string[] {
	const vm = world.r.vms[vmIndex] as VmRecord;
	if (vm.previousOwner === null) return [];
	const [owner, state, incarnation, token] = vm.previousOwner;
	const last = text(packOwner({ owner, state, incarnation, token }));
	const told = world.trace.findLast(
		({ vm: of, values }) => of === vm.id && values['token'] === token && typeof values['before'] === 'string'
	);
	const [host, name, joined, counted] = String(told?.values['before'] ?? '').split(' · ');
	if (!told || host === undefined) return [last];
	const before = {
		owner: hostOf(world, host),
		state: OWNER_STATE_NAMES.indexOf(name as never),
		incarnation: Number(joined),
		token: Number(counted)
	};
	return before.state < 0 ? [last] : [text(packOwner(before)), last];
}

const FEW = 3;

function rangesOf(world: World, vm: number): SuperpageAnswer['ranges'] {
	const slots = descriptorSlots(world, vm);
	if (slots.length === 0) return [];
	const { c } = world;
	const fits = (slot: number): boolean =>
		c.descriptorCrc.get(slot) === mix32(c.descriptorFirstGfn.get(slot), c.descriptorPages.get(slot), c.descriptorOffset.get(slot));
	const wrong = slots.findIndex((slot) => !fits(slot));
	const whole = Number(c.superpageWord.get(rangesIndex(vm)) & 0xffffffffn) === checksum(world, vm);
	return [
		{
			vm,
			count: slots.length,
			first: slots.slice(0, FEW).map((slot) => ({
				firstGfn: c.descriptorFirstGfn.get(slot),
				pages: c.descriptorPages.get(slot),
				offsetBytes: c.descriptorOffset.get(slot) * PAGE_BYTES
			})),
			wrong: wrong >= 0 ? wrong + 1 : whole ? null : 0,
			changing: moving(world, vm)
		}
	];
}

export function superpageAnswer(world: World): SuperpageAnswer {
	const words: [number, string][] = [];
	const column = world.c.superpageWord;
	for (let index = 0; index < column.data.length; index += 1) {
		const value = column.get(index);
		if (value !== 0n) words.push([index, text(value)]);
	}
	const { hosts, vms, rack } = world.r;
	const of = (which: (peer: RackPeerRecord) => boolean): number[] => rack?.peers.flatMap((peer, host) => (which(peer) ? [host] : [])) ?? [];
	return {
		taken: lastHandOff(world),
		hosts: hosts.map(({ id }) => id),
		vms: vms.map(({ id }) => id),
		words,
		earlier: vms.map((_, index) => [ownerIndex(index), earlierOwners(world, index)] as const).filter(([, values]) => values.length > 0),
		dead: hosts.flatMap(({ power }, index) => (power === 'down' ? [index] : [])),
		gone: rack?.poolLost === true,
		cut: of(({ deviceFenced }) => deviceFenced),
		stopped: of(({ selfFenced }) => selfFenced),
		ranges: vms.flatMap((_, index) => rangesOf(world, index))
	};
}
