import { allocateMap, findByTarget, findMap, insertMap, mapsOf, removeMaps, type DmaMap } from '../../src/lib/engine/vdpa/iova/tree.ts';
import { emptyTree } from '../../src/lib/engine/vdpa/iova/nodes.ts';
import { treeProblems, vhostTreeProblems } from '../../src/lib/engine/vdpa/iova/sound.ts';
import {
	findGuest,
	findHost,
	makeVhostTree,
	mapGuest,
	mapHost,
	removeGuest,
	removeHost,
	type VhostAllocation,
	type VhostIovaTreeRecord
} from '../../src/lib/engine/vdpa/iova/vhost-tree.ts';
import type { Answer, Json, JsonObject, RecordedCase, RecordedStep } from './case.ts';
import { compareIovaOutcome, compareIovaStep } from './compare-iova.ts';
import { attempt, differenceAt } from './play-zones.ts';

/** Plays a case of the family iova-tree: calls on QEMU's tree of ranges, or on the trees of one vhost-vdpa device. */
export function playIova(recorded: RecordedCase): Answer {
	const level = recorded.config['level'];
	const player = level === 'vhost' ? new VhostPlayer() : level === 'tree' ? new TreePlayer() : null;
	const answer: Answer = { results: [], steps: [], outcome: null, unobserved: [], unanswered: [], difference: null };
	let difference: string | null = null;
	recorded.steps.forEach((step, index) => {
		const mine = attempt(answer, index, step, () => player?.play(step) ?? null);
		answer.steps.push(mine);
		if ('result' in step) answer.results.push(mine?.['result'] ?? null);
		if (mine !== null) difference ??= differenceAt(index, step, compareIovaStep(step, mine));
		else if (!answer.unanswered.some((each) => each.startsWith(`step ${index + 1} `))) answer.unanswered.push(step.op);
	});
	const outcome = player?.outcome() ?? null;
	difference ??= compareIovaOutcome(recorded.outcome, outcome);
	return { ...answer, outcome, difference };
}

const number = (step: RecordedStep, name: string): bigint => BigInt(String(step[name] ?? 0));
const text = (value: bigint): string => `0x${value.toString(16)}`;
const code = (name: string): string => (name === 'OK' ? name : `ERR_${name}`);
const perm = (step: RecordedStep): number => Number(step['perm'] ?? 0);

function shown(map: DmaMap | null): JsonObject | null {
	return map === null ? null : { iova: text(map.iova), taddr: text(map.target), size: text(map.size), perm: map.perm };
}

class TreePlayer {
	private readonly tree = emptyTree();
	private readonly codes: string[] = [];

	play(step: RecordedStep): JsonObject | null {
		const result = this.call(step);
		return result === undefined ? null : { op: step.op, result };
	}

	outcome(): JsonObject {
		const problems = treeProblems(this.tree);
		return { final: mapsOf(this.tree).map(shown), codes: this.codes, ...(problems.length > 0 ? { problems } : {}) };
	}

	private call(step: RecordedStep): Json | undefined {
		const iova = number(step, 'iova');
		const size = number(step, 'size');
		const target = number(step, 'taddr');
		switch (step.op) {
			case 'insert':
				return this.told(code(insertMap(this.tree, { iova, target, size, perm: perm(step) })));
			case 'alloc': {
				const given = allocateMap(this.tree, { target, size, perm: perm(step) }, number(step, 'begin'), number(step, 'last'));
				const told = this.told(code(given.code));
				return given.code === 'OK' && given.iova !== null ? { code: told, iova: text(given.iova) } : { code: told };
			}
			case 'find':
				return shown(findMap(this.tree, iova, size));
			case 'find-by-target':
				return shown(findByTarget(this.tree, target, size));
			case 'remove':
				removeMaps(this.tree, iova, size);
				return 'OK';
			default:
				return undefined;
		}
	}

	private told(word: string): string {
		this.codes.push(word);
		return word;
	}
}

class VhostPlayer {
	private tree: VhostIovaTreeRecord | null = null;
	private readonly codes: string[] = [];

	play(step: RecordedStep): JsonObject | null {
		if (step.op === 'new') {
			this.tree = makeVhostTree(number(step, 'first'), number(step, 'last'));
			return { op: step.op };
		}
		if (this.tree === null) throw new Error('there is no tree yet');
		const result = this.call(this.tree, step);
		return result === undefined ? null : { op: step.op, result };
	}

	outcome(): JsonObject {
		const problems = this.tree === null ? [] : vhostTreeProblems(this.tree);
		return { codes: this.codes, ...(problems.length > 0 ? { problems } : {}) };
	}

	private call(tree: VhostIovaTreeRecord, step: RecordedStep): Json | undefined {
		const size = number(step, 'size');
		const target = number(step, 'taddr');
		const map = { iova: number(step, 'iova'), target, size };
		switch (step.op) {
			case 'map-alloc':
				return this.allocation(mapHost(tree, { hva: target, size, perm: perm(step) }));
			case 'map-alloc-gpa':
				return this.allocation(mapGuest(tree, { gpa: target, hva: 0n, size, perm: perm(step) }));
			case 'find-iova':
				return shown(findHost(tree, target, size));
			case 'find-gpa':
				return shown(findGuest(tree, { gpa: target, hva: 0n, size }));
			case 'remove':
				removeHost(tree, map);
				return 'OK';
			case 'remove-gpa':
				removeGuest(tree, map);
				return 'OK';
			default:
				return undefined;
		}
	}

	/** A refusal shows what the map's address field holds: the address chosen, or what it began with. */
	private allocation(given: VhostAllocation): JsonObject {
		const word = code(given.code);
		this.codes.push(word);
		return { code: word, [given.code === 'OK' ? 'iova' : 'iova_field']: text(given.iova ?? 0n) };
	}
}
