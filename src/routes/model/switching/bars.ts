import { formatNs } from '$lib/base/format.ts';
import { SWITCH_STRATEGIES, type SwitchStrategyId } from '$lib/engine/contract/vdpa/choice.ts';
import { VDPA_PRESETS, type VdpaFigures } from '$lib/engine/contract/vdpa/figures.ts';
import type { FormulaAnswer, FormulaTerm } from '$lib/engine/contract/vdpa/formulas.ts';
import type { ChangeStatus } from '$lib/engine/contract/vdpa/status.ts';
import {
	publishedSwitch,
	SWITCH_MOMENTS,
	switchInput,
	type SwitchGuest,
	type SwitchMoment
} from '$lib/engine/contract/vdpa/switch-world.ts';
import {
	countsOf,
	gapNs,
	GAP_GROUPS,
	segmentsOf,
	type GapBar,
	type GapGroup,
	type GapSegment
} from '$lib/viz/vdpa/gap-scene.ts';

/** One bar per strategy: what the engine made where it was run, else the terms of the closed form. */

export const formulaOf = (
	guest: SwitchGuest,
	id: SwitchStrategyId,
	moment: SwitchMoment
): FormulaAnswer => SWITCH_MOMENTS[moment].formula(switchInput(guest, id));

/** Which part of a bar a term belongs to, by its symbol; pins and unpins that are one term stand apart by their figures. */
function sharesOf({ symbol, ns }: FormulaTerm, figures: VdpaFigures): [GapGroup, number][] {
	if (symbol.startsWith('F')) return [['fixed', ns]];
	if (symbol.includes('pin + unpin')) {
		const unpin = (ns * figures.unpinNs) / (figures.pinNs + figures.unpinNs);
		return [
			['unpin', unpin],
			['pin', ns - unpin]
		];
	}
	if (symbol.includes('unpin')) return [['unpin', ns]];
	return [[symbol.startsWith('P') ? 'pin' : 'map', ns]];
}

/** Terms as segments, each part once, in the order of every other bar. */
export function formulaSegments(answer: FormulaAnswer, figures: VdpaFigures): GapSegment[] {
	const shares = answer.terms.flatMap((term) => sharesOf(term, figures));
	let from = 0;
	return (Object.keys(GAP_GROUPS) as GapGroup[]).flatMap((group) => {
		const ns = shares.reduce((sum, [one, part]) => sum + (one === group ? part : 0), 0);
		if (ns <= 0) return [];
		const segment = { group, ns, from };
		from += ns;
		return [segment];
	});
}

export function strategyBar(
	guest: SwitchGuest,
	id: SwitchStrategyId,
	moment: SwitchMoment,
	changes: readonly ChangeStatus[] | undefined
): GapBar {
	const strategy = SWITCH_STRATEGIES[id];
	const head = { id, letter: strategy.letter, title: strategy.title };
	const change = changes?.findLast((one) => one.kind === moment);
	if (change)
		return {
			...head,
			note: 'simulated',
			ns: gapNs(change),
			segments: segmentsOf(change.parts),
			counts: countsOf(change)
		};
	const answer = formulaOf(guest, id, moment);
	return {
		...head,
		note: strategy.state === 'merged' ? 'formula' : `formula; ${strategy.state}`,
		ns: answer.ns,
		segments: formulaSegments(answer, VDPA_PRESETS[guest.preset].figures),
		counts:
			answer.terms.length === 0
				? 'nothing'
				: answer.terms.map((term) => `${term.symbol} = ${formatNs(term.ns)}`).join(', ')
	};
}

/** What stands beside a bar: the formula where the engine was run, and what others published. */
export function besideBar(
	guest: SwitchGuest,
	id: SwitchStrategyId,
	moment: SwitchMoment,
	wasRun: boolean
): string | null {
	const said: string[] = [];
	if (wasRun) said.push(`formula ${formatNs(formulaOf(guest, id, moment).ns)}`);
	const published = moment === 'to-svq' ? publishedSwitch(guest, id) : null;
	if (published !== null) said.push(published);
	return said.length === 0 ? null : said.join('; ');
}
