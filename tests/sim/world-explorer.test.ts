import { describe, expect, it } from 'vitest';
import { GIB, MIB } from '../../src/lib/base/units.ts';
import type { Branch, SearchAnswer, SearchRequest } from '../../src/lib/engine/contract/explore/request.ts';
import { catalogueScenario } from '../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { branchRun, searchAnswer } from '../../src/lib/engine/explore/answers.ts';
import { Search } from '../../src/lib/engine/explore/search.ts';
import { exploreCollisions } from '../../src/lib/engine/vdpa/explore/explore.ts';
import { handOffModel } from '../../src/lib/engine/superpage/models/hand-off.ts';
import { explore } from '../../src/lib/engine/superpage/search/search.ts';
import { guestOf } from '../../src/lib/engine/vdpa/context.ts';
import type { NicRecord } from '../../src/lib/engine/state/vdpa-records.ts';
import { migrate, open, tinyWorld } from '../support/worlds.ts';

/** The explorer of whole worlds against those of single protocols: what they know, it must find, as a run. */
const searched = (request: Partial<SearchRequest> & { readonly scenario: unknown }): SearchAnswer => searchAnswer(searchOf(request));

function searchOf(request: Partial<SearchRequest> & { readonly scenario: unknown }): Search {
	const opened = Search.open({
		kind: 'search',
		fromNs: 0,
		depth: 3,
		grain: 'phases',
		vary: ['moves', 'faults'],
		alike: 'protocol',
		failure: { id: 'lost' },
		mostStates: 20_000,
		mostBytes: 64e6,
		...request
	});
	if (!opened.ok) throw new Error(opened.detail);
	while (!opened.value.work(Infinity));
	return opened.value;
}

describe('the DIMM where the shadow rings lie', () => {
	const catalogue = catalogueScenario('identity-hole-collision') as { readonly vms: readonly Record<string, unknown>[] };
	// Huge pages: the same addresses in a fraction of the time.
	const scenario = { ...catalogue, vms: catalogue.vms.map((vm) => ({ ...vm, pages: 'thp' })) };
	/** The explorer of maps on paper knows no cancel; its words for the commands of a run. */
	const PAPER: Readonly<Record<string, string>> = { 'vm0 → B': 'start', 'hot-plug': 'hotplug', fail: 'fail' };
	const CANCEL = JSON.stringify({ name: 'migrate-cancel', vm: 'vm0' });
	const answer = searched({ scenario, failure: { id: 'wrong-dma' }, depth: 2, vary: ['faults'], without: [CANCEL] });

	it('is found by the sequence that the maps on paper give, at the fallback', () => {
		const { world } = open(scenario, { journal: [] });
		const [nic] = world.r.vdpa.nics as [NicRecord];
		const paper = exploreCollisions(guestOf(world, 0), nic, 8);
		const { loss } = answer;
		expect(loss?.path.filter((step) => step.kind !== 'on').map((step) => PAPER[step.short])).toEqual(paper.path);
		expect(loss?.journal.map(({ command }) => ('execute' in command ? command.execute : command.name))).toEqual([
			'migrate',
			'plug-dimm',
			'fail-migration'
		]);
		// The same section at the same wrong place; and the run is whole up to the event before.
		expect(loss?.found).toBe(`net0: ${paper.found ?? ''}`);
		const again = open(scenario, { journal: loss?.journal });
		again.advance(loss?.pauseNs ?? 0);
		expect(again.status().vdpa?.nics[0]?.wrongMaps).toEqual([]);
		again.advance(loss?.atNs ?? 0);
		expect(again.status().vdpa?.nics[0]?.wrongMaps).not.toEqual([]);
	});

	it('entered at the hot-plug, became certain at the fallback', () => {
		const stepTo = (at: number | null): string | undefined => answer.moments[(at ?? 0) - 1]?.next?.short;
		expect(stepTo(answer.steps.cliff)).toBe('fail');
		expect(stepTo(answer.steps.largest)).toBe('hot-plug');
		expect(answer.moments.at(-1)?.chance.share).toBe(1);
	});
});

describe('a hand-off with a host that dies at any of its steps', () => {
	const scenario = tinyWorld({ journal: [{ atNs: 1_000_000, command: migrate('transit', { stayOnPool: true }) }] });
	const search = searchOf({ scenario, grain: 'steps', depth: 1, vary: ['hosts', 'faults'], failure: { id: 'statements' } });
	const answer = searchAnswer(search);
	const handOff = answer.moments.filter((moment) => moment.facts.some((fact) => fact.label === 'next steps'));

	/** How a run with a dead host ended, in the words of the explorer of the step table. */
	function ending(moment: number, { state, act }: Branch): string {
		const run = branchRun(search, { moment, steps: [{ state, act: act.id }] });
		const simulation = open(scenario, { journal: run?.journal });
		simulation.advance(2e9);
		const { r } = simulation.world;
		const [vm] = r.vms;
		if (vm?.vcpuState !== 'running') return 'lost with the host that ran it';
		return `runs on the ${r.hosts[vm.instances[vm.running] as number]?.id === 'A' ? 'source' : 'target'}, the other host is dead`;
	}

	it('ends in the ways that the step table allows, all of them, and breaks no statement', () => {
		expect(answer.loss).toBeNull();
		expect(handOff.length).toBeGreaterThan(10);
		const allowed = explore(handOffModel());
		expect(allowed.violations).toEqual([]);
		const ends = handOff.flatMap((moment) =>
			moment.branches.filter((branch) => branch.act.short.startsWith('crash')).map((branch) => ending(moment.index, branch))
		);
		expect([...new Set(ends)].sort()).toEqual(
			Object.keys(allowed.endings)
				.filter((end) => /dead|lost/.test(end))
				.sort()
		);
	});

	it('loses the guest exactly where the dead host ran it', () => {
		for (const moment of handOff) {
			const running = /^on (\w)$/.exec(moment.facts.find((fact) => fact.label === 'vm0 runs')?.value ?? '')?.[1];
			for (const host of ['A', 'B']) {
				const branch = moment.branches.find((one) => one.act.short === `crash ${host}`);
				const lost = branch?.facts.some((fact) => fact.label === 'loss of vm0' && fact.value.startsWith('crash')) ?? false;
				if (running === undefined) continue;
				expect({ host, running, lost }).toEqual({ host, running, lost: host === running });
			}
		}
	});
});

it('worlds are opened within what is given', () => {
	expect(Search.open({ ...requestOf({}), depth: 13 }).ok).toBe(false);
	expect(Search.open({ ...requestOf({}), mostStates: 0 }).ok).toBe(false);
	expect(Search.open({ ...requestOf({}), scenario: { switchyard: 1, id: 'x' } }).ok).toBe(false);
});
const requestOf = (more: Partial<SearchRequest>): SearchRequest => ({
	kind: 'search',
	scenario: tinyWorld({ vms: [{ ...(tinyWorld().vms[0] as Record<string, unknown>), bytes: 128 * MIB }], networkBytesPerSecond: GIB }),
	fromNs: 0,
	depth: 1,
	grain: 'phases',
	vary: [],
	alike: 'protocol',
	failure: { id: 'lost' },
	mostStates: 10,
	mostBytes: 1e6,
	...more
});
