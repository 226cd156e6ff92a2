import { formatNs } from '$lib/base/format.ts';
import { SWITCH_STRATEGIES, type SwitchStrategyId } from '$lib/engine/contract/vdpa/choice.ts';
import { pagePrices, VDPA_PRESETS, type PagePrices } from '$lib/engine/contract/vdpa/figures.ts';
import type { FormulaAnswer, FormulaTerm } from '$lib/engine/contract/vdpa/formulas.ts';
import type { ChangeStatus } from '$lib/engine/contract/vdpa/status.ts';
import {
	publishedSwitch,
	PAGE_NAMES,
	SWITCH_MOMENTS,
	switchInput,
	type SwitchGuest,
	type SwitchMoment
} from '$lib/engine/contract/vdpa/switch-world.ts';
import {
	barOf,
	GAP_GROUPS,
	type GapBar,
	type GapGroup,
	type GapSegment
} from '$lib/viz/vdpa/gap-scene.ts';

/** One bar per strategy: what the engine made where it was run, else the terms of the closed form. */

/** What a page costs for this guest. */
export const pricesOf = ({ preset, pages }: Pick<SwitchGuest, 'preset' | 'pages'>): PagePrices =>
	pagePrices(VDPA_PRESETS[preset].figures, pages);

export const formulaOf = (
	guest: SwitchGuest,
	id: SwitchStrategyId,
	moment: SwitchMoment
): FormulaAnswer => SWITCH_MOMENTS[moment].formula(switchInput(guest, id));

/** How the guest's pages lie, what each costs to pin, and what the figures were fitted on. */
export function pageWords(guest: SwitchGuest): string {
	const { pages: fitted, title } = VDPA_PRESETS[guest.preset];
	const [here, there] = [pricesOf(guest), pricesOf({ ...guest, pages: fitted })];
	const price = (of: keyof PagePrices): string =>
		guest.pages === fitted
			? formatNs(here[of])
			: `${formatNs(here[of])} instead of ${formatNs(there[of])}`;
	const { runs } = switchInput(guest, 'full-remap');
	return (
		`In ${PAGE_NAMES[guest.pages]} each 4 KiB take ${price('pinNs')} to pin, ${price('coldPinNs')} where nobody has touched them, ` +
		`${price('unpinNs')} to let go. ${guest.pages === fitted ? 'So the figures were fitted' : `The figures were fitted on ${PAGE_NAMES[fitted]}`} (${title}). ` +
		`The frames of a host that has just booted lie in a row: ${runs === 1 ? 'one run, one entry' : `${runs} runs, ${runs} entries`} of the map with either; ` +
		'on a host that has been up for long, pages of 4 KiB are as many runs as memory is in pieces.'
	);
}

/** Which part of a bar a term belongs to, by its symbol; pins and unpins that are one term stand apart by their prices. */
function sharesOf({ symbol, ns }: FormulaTerm, prices: PagePrices): [GapGroup, number][] {
	if (symbol.startsWith('F')) return [['fixed', ns]];
	if (symbol.includes('pin + unpin')) {
		const unpin = (ns * prices.unpinNs) / (prices.pinNs + prices.unpinNs);
		return [
			['unpin', unpin],
			['pin', ns - unpin]
		];
	}
	if (symbol.includes('unpin')) return [['unpin', ns]];
	return [[symbol.startsWith('P') ? 'pin' : 'map', ns]];
}

/** Terms as segments, each part once, in the order of every other bar. */
export function formulaSegments(answer: FormulaAnswer, prices: PagePrices): GapSegment[] {
	const shares = answer.terms.flatMap((term) => sharesOf(term, prices));
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
	if (change) return { ...barOf(change, strategy.letter, strategy.title, 'simulated'), id };
	const answer = formulaOf(guest, id, moment);
	return {
		...head,
		note: strategy.state === 'merged' ? 'formula' : `formula; ${strategy.state}`,
		ns: answer.ns,
		segments: formulaSegments(answer, pricesOf(guest)),
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
