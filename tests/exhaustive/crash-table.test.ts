import { describe, expect, test } from 'vitest';
import { InitState, unpackInit } from '$lib/engine/contract/superpage-words.ts';
import { ALL_ONES, SUPERPAGE_WORDS, wordIndex } from '$lib/engine/contract/superpage.ts';
import { OWNER_STATE_NAMES, unpackOwner } from '$lib/engine/contract/words.ts';
import { beatsModel } from '$lib/engine/superpage/models/beats.ts';
import { formattingModel } from '$lib/engine/superpage/models/formatting.ts';
import { handOffModel, SOURCE, TARGET } from '$lib/engine/superpage/models/hand-off.ts';
import { explore } from '$lib/engine/superpage/search/search.ts';
import type { Model, ModelActor } from '$lib/engine/superpage/search/model.ts';
import type { ActorRecord, ProtocolStep } from '$lib/engine/superpage/steps.ts';
import { ownerIndex, sharedWordsOver } from '$lib/engine/superpage/words.ts';

/** The table of crashes (cxl-fabric reference 10.6), row by row: who did what, who dies, what the others make of it. */
class Play {
	private readonly actors: { spec: ModelActor; me: ActorRecord }[];
	private readonly words = new BigInt64Array(SUPERPAGE_WORDS + 64);
	private readonly cut = new Set<number>();
	private fabricManager = true;
	private readonly shared = sharedWordsOver(this.words, undefined, (host) => this.fabricManager && this.cut.add(host).size > 0);
	/** The device: every host reads all ones from it, and what is stored is swallowed. */
	private readonly gone = {
		...this.shared,
		load: () => ALL_ONES,
		store: () => undefined,
		compareAndSwap: () => false,
		add: () => ALL_ONES
	};
	private device = true;
	private readonly model: Model;

	constructor(model: Model) {
		this.model = model;
		this.actors = model.actors.map((spec) => ({ spec, me: structuredClone(spec.record) }));
		for (const [index, value] of model.words) this.words[index] = value;
	}

	private of(name: string) {
		const found = this.actors.find(({ spec }) => spec.name === name);
		if (!found) throw new Error(`nobody is called ${name}`);
		return found;
	}

	/** Takes one step; another one than the actor's own when named. */
	step(name: string, instead?: string): string {
		const { spec, me } = this.of(name);
		if (instead !== undefined) me.step = instead;
		const taken = me.step;
		const table = spec.steps as unknown as readonly ProtocolStep[];
		const context = {
			...spec.around,
			words: this.device ? this.shared : this.gone,
			self: spec.host,
			incarnation: 1,
			me,
			without: this.model.without
		};
		const next = (table.find(({ id }) => id === taken) as ProtocolStep).run(context);
		me.step = spec.next?.[next] ?? next;
		return taken;
	}

	/** Runs until the actor rests or polls in vain, or has taken the step named. */
	run(name: string, through?: string): this {
		const { spec, me } = this.of(name);
		for (let guard = 0; guard < 200 && !spec.rests.includes(me.step) && me.step !== 'crashed'; guard += 1) {
			const taken = this.step(name);
			if (taken === through || (taken === me.step && spec.steps.find(({ id }) => id === taken)?.polls)) return this;
		}
		return this;
	}

	/** Both sides take turns until the source has taken the step. */
	until(step: string): this {
		for (let guard = 0; guard < 100; guard += 1) {
			if (this.step('source') === step) return this;
			if (this.of('target').me.step !== 'await-handoff') this.step('target');
		}
		throw new Error(`${step} was never taken`);
	}

	crash(host: number): this {
		for (const { spec, me } of this.actors) if (spec.host === host) Object.assign(me, { step: 'crashed', running: false });
		return this;
	}

	fail(what: 'fabric manager' | 'device'): this {
		if (what === 'device') this.device = false;
		else this.fabricManager = false;
		return this;
	}
	restore(): this {
		this.fabricManager = true;
		return this;
	}
	isCut(host: number): boolean {
		return this.cut.has(host);
	}

	get owner(): string {
		const { owner, state } = unpackOwner(this.shared.load(ownerIndex(0)));
		return `${'ABCD'[owner]} ${OWNER_STATE_NAMES[state]}`;
	}
	get runners(): string[] {
		return this.actors.filter(({ me }) => me.running).map(({ spec }) => spec.name);
	}
	stepOf(name: string): string {
		return this.of(name).me.step;
	}
	init(): { state: number; formatter: number } {
		return unpackInit(this.shared.load(wordIndex('init')));
	}
}

const recovering = (victim: number, more = {}): Play => new Play(handOffModel({ recover: [{ victim }], restart: true, ...more }));

describe('who dies, what is found, what comes of it', () => {
	test.each(['read-owner', 'propose', 'stop', 'save', 'flush', 'check-owner', 'check-fence'])(
		'source after %s, before its compare-and-swap: an orphan, restarted from its checkpoint; what is half written is ignored',
		(step) => {
			const play = recovering(SOURCE).until(step).crash(SOURCE);
			expect(play.owner).toBe('A staged');
			play.run('target');
			expect(play.runners).toEqual([]);
			play.run('recoverer 1', 'release');
			expect([play.owner, play.runners]).toEqual(['A orphan', []]);
			play.run('recoverer 1').run('target');
			expect([play.owner, play.runners]).toEqual(['C local', ['recoverer 1']]);
		}
	);

	test('source after the freeze: the target commits, nothing is lost', () => {
		const play = recovering(SOURCE).until('freeze').crash(SOURCE);
		expect([play.owner, play.runners]).toEqual(['A handoff', []]);
		play.run('target');
		expect([play.owner, play.runners]).toEqual(['B active', ['target']]);
		play.run('recoverer 1');
		expect([play.owner, play.runners]).toEqual(['B active', ['target']]);
	});

	test('source after the freeze, the recoverer is first: it takes the VM with its state, the target does not', () => {
		const play = recovering(SOURCE).until('freeze').crash(SOURCE);
		play.run('recoverer 1').run('target');
		expect([play.owner, play.runners]).toEqual(['C active', ['recoverer 1']]);
	});

	test('target before its commit: the source aborts and resumes', () => {
		const play = recovering(TARGET).until('freeze');
		play.run('target', 'read-fence').crash(TARGET);
		play.step('source', 'abort');
		play.run('source');
		expect([play.owner, play.runners]).toEqual(['A staged', ['source']]);
	});

	test('target before its commit, the recoverer is first: the VM goes back, the source runs it after a change of its own', () => {
		const play = recovering(TARGET).until('freeze').crash(TARGET).run('recoverer 1', 'release');
		expect([play.owner, play.runners]).toEqual(['A staged', []]);
		play.step('source', 'abort');
		play.run('source');
		expect([play.owner, play.runners]).toEqual(['A staged', ['source']]);
	});

	test('target after its commit: an orphan, as before', () => {
		const play = recovering(TARGET).until('freeze').run('target', 'commit').crash(TARGET);
		expect(play.owner).toBe('B active');
		play.run('recoverer 1', 'release');
		expect(play.owner).toBe('B orphan');
		play.run('recoverer 1').run('source');
		expect([play.owner, play.runners]).toEqual(['C local', ['recoverer 1']]);
	});

	test('both in the hand-off: a third host takes the VM and loses nothing', () => {
		const play = recovering(SOURCE).until('freeze').crash(SOURCE).crash(TARGET).run('recoverer 1');
		expect([play.owner, play.runners]).toEqual(['C active', ['recoverer 1']]);
	});

	test('both, staged: an orphan', () => {
		const play = recovering(SOURCE).until('propose').crash(SOURCE).crash(TARGET).run('recoverer 1', 'release');
		expect(play.owner).toBe('A orphan');
	});

	test('recoverer: another takes over under a higher epoch and scans from the start', () => {
		for (const last of ['claim', 'fence', 'cut', 'scan', 'bump']) {
			const play = new Play(handOffModel({ recover: [{ victim: SOURCE }, { victim: SOURCE, takesOverFrom: 2 }] }));
			play.until('propose').crash(SOURCE).run('recoverer 1', last).crash(2);
			play.run('recoverer 2');
			expect([last, play.owner, play.stepOf('recoverer 2')]).toEqual([last, 'A orphan', 'recovered']);
		}
	});

	test('a second recoverer leaves a living one alone', () => {
		const play = new Play(handOffModel({ recover: [{ victim: SOURCE }, { victim: SOURCE }] }));
		play.run('recoverer 1', 'claim').run('recoverer 2');
		expect(play.stepOf('recoverer 2')).toBe('left-to-another');
	});

	test('fabric manager, nobody else: the hand-off goes through, nothing of it changes capacity', () => {
		const play = recovering(SOURCE).fail('fabric manager').until('freeze').run('target').run('source');
		expect([play.owner, play.runners]).toEqual(['B active', ['target']]);
	});

	test.each(['read-owner', 'propose', 'stop', 'save', 'check-fence'])(
		'fabric manager, then the source after %s: its VM waits, and is given away when the fabric manager is back',
		(step) => {
			const play = recovering(SOURCE).fail('fabric manager').until(step).crash(SOURCE);
			play.run('recoverer 1');
			expect([play.owner, play.runners, play.isCut(SOURCE), play.stepOf('recoverer 1')]).toEqual(['A staged', [], false, 'cut']);
			play.restore().run('recoverer 1');
			expect([play.owner, play.runners, play.isCut(SOURCE)]).toEqual(['C local', ['recoverer 1'], true]);
		}
	);

	test('fabric manager, then the source after the freeze: nobody runs the VM, so that nobody has to be cut off', () => {
		const play = recovering(SOURCE).fail('fabric manager').until('freeze').crash(SOURCE).run('recoverer 1');
		expect([play.owner, play.runners, play.isCut(SOURCE)]).toEqual(['C active', ['recoverer 1'], false]);
	});

	test('fabric manager, then the target before its commit: the source takes the VM back without it', () => {
		const play = recovering(TARGET).fail('fabric manager').until('freeze').run('target', 'read-fence').crash(TARGET);
		play.step('source', 'abort');
		play.run('source');
		expect([play.owner, play.runners]).toEqual(['A staged', ['source']]);
	});

	test.each(['read-owner', 'save', 'freeze'])('device after %s: nobody wins anything any more, whoever tries', (step) => {
		const play = recovering(SOURCE).until(step);
		const before = play.owner;
		play.fail('device').run('target').run('source').run('recoverer 1');
		expect(play.owner).toBe(before);
		expect(play.runners.filter((name) => name !== 'source')).toEqual([]);
	});

	test('device: whoever beats reads all ones from its own fence word, and stops its vCPUs', () => {
		const play = new Play(beatsModel());
		expect(play.runners).toEqual(['A']);
		play.fail('device').step('A', 'beat');
		play.step('A');
		expect([play.stepOf('A'), play.runners]).toEqual(['fenced', []]);
	});

	test('link of one host: it cannot beat, stops, and only then it may be suspected', () => {
		const found = explore(beatsModel());
		expect([found.violations, found.whole]).toEqual([[], true]);
		expect(found.endings['suspected']).toBeGreaterThan(0);
	});

	test('formatter: another takes the formatting over', () => {
		for (const last of ['claim', 'write-header']) {
			const play = new Play(formattingModel());
			play.run('A', last).crash(0).run('B');
			expect([last, play.stepOf('B'), play.init()]).toEqual([last, 'wait-formatter', { state: InitState.formatting, formatter: 0 }]);
			play.step('B', 'claim');
			play.run('B').run('C');
			expect([play.stepOf('B'), play.stepOf('C'), play.init().state]).toEqual(['ready', 'ready', InitState.ready]);
		}
	});
});
