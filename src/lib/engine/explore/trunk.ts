import type { JournalEntry } from '../contract/commands.ts';
import type { ActWords } from '../contract/explore/request.ts';
import type { Grain } from '../contract/explore/words.ts';
import { act, GO_ON } from './act.ts';
import { sentenceOf, shortOf } from './act-words.ts';
import { isQuiet } from './borders.ts';
import { isRestless } from './rack.ts';
import type { Stop, Walker } from './walker.ts';

/** More moments than these are not taken: the run goes on from the last one to its end. */
const MOST_MOMENTS = 24;

/** What leads from one moment of a run to the next: a command of its own, or time. */
export interface TrunkStep {
	readonly words: ActWords;
	/** null: time. */
	readonly given: JournalEntry | null;
	readonly stop: Stop;
}

/**
 * The run from here on, moment by moment. A moment is a border of the grain, or the last one before a command of the run. The
 * caller looks at the world between two of them; null = the run ends here.
 */
export class Trunk {
	readonly #walker: Walker;
	readonly #grain: Grain;
	readonly #horizonNs: number;
	#moments = 1;

	constructor(walker: Walker, grain: Grain, horizonNs: number) {
		this.#walker = walker;
		this.#grain = grain;
		this.#horizonNs = horizonNs;
	}

	/** On to the next moment; says what led there. */
	next(): TrunkStep | null {
		const walker = this.#walker;
		const { world } = walker;
		const due = walker.due;
		if (this.#moments >= MOST_MOMENTS || walker.nowNs >= this.#horizonNs) return null;
		if (due === null && isQuiet(world) && !isRestless(world)) return null;
		this.#moments += 1;
		const phaseBefore = phaseOf(world);
		// Without anything under way nothing happens before the command.
		const stop = isQuiet(world) && due !== null && !isRestless(world) ? 'command' : walker.goOn(this.#grain, this.#horizonNs);
		if (stop === 'border') return { words: passed(walker, phaseBefore), given: null, stop };
		if (stop === 'time' || due === null) return { words: GO_ON, given: null, stop: 'time' };
		if (!walker.takeDue(this.#horizonNs)) {
			walker.runTo(this.#horizonNs);
			return { words: GO_ON, given: null, stop: 'time' };
		}
		walker.settle(this.#grain, Math.min(this.#horizonNs, walker.due?.atNs ?? Infinity));
		const words = act('yours', shortOf(due.command), sentenceOf(due.command), due.command).words;
		return { words, given: due, stop };
	}
}

/** Time that led to a border, named by where it led: a new phase, else what has become of the guest or of a host. */
function passed({ world }: Walker, phaseBefore: string): ActWords {
	const { r } = world;
	const operation = r.operations.findLast((one) => one.state === 'running') ?? r.operations.at(-1);
	const event = r.rack?.events.at(-1);
	if (event?.atNs === r.nowNs) return named(`${event.kind} ${event.vm ?? event.host ?? ''}`.trimEnd());
	if (!operation) return GO_ON;
	const phase = phaseOf(world);
	if (phase !== phaseBefore) return named(phase);
	return named(VCPU_WORDS[r.vms[operation.vm]?.vcpuState ?? 'running'] ?? phase);
}

const named = (where: string): ActWords => ({ ...GO_ON, short: where, sentence: `time goes on: ${where}` });

const VCPU_WORDS: Readonly<Record<string, string>> = {
	running: 'guest runs',
	stopped: 'guest stops',
	saving: 'guest stops',
	saved: 'state saved',
	loading: 'owner changes',
	lost: 'guest lost'
};

/** The phase of the newest move: the first words of its label, or how it ended. */
function phaseOf({ r }: Walker['world']): string {
	const operation = r.operations.findLast((one) => one.state === 'running') ?? r.operations.at(-1);
	if (!operation) return '';
	if (operation.state !== 'running') return operation.state;
	return operation.phases.at(-1)?.label.split(/[:,]| \d+ /)[0] ?? operation.phase;
}
