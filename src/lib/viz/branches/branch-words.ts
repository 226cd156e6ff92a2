import { formatNumber, formatNs } from '../../base/format.ts';
import type { Share, Steps } from '../../engine/contract/explore/interval.ts';
import type {
	Branch,
	FutureMoment,
	Moment,
	Tally,
	Verdict
} from '../../engine/contract/explore/request.ts';

/** What the figure of branches says, in words. */
export const VERDICT_GLYPH: Readonly<Record<Verdict, string>> = { lost: '✕', safe: '✓', open: '?' };

/** Never 0 or 100 where it is not. */
export function percent(share: number): string {
	const whole = Math.round(share * 100);
	if (share > 0 && whole === 0) return '<1%';
	if (share < 1 && whole === 100) return '>99%';
	return `${whole}%`;
}

/** A share with what it rests on. */
export const intervalWords = (share: Share): string =>
	share.of <= 1
		? percent(share.share)
		: `${percent(share.share)}, between ${percent(share.low)} and ${percent(share.high)}, ${formatNumber(share.of)} futures`;

/** What a row says beside its glyph. */
export function verdictText(branch: Branch): string {
	if (branch.verdict === 'safe') return branch.end === null ? 'safe' : `safe: ${branch.end}`;
	if (branch.verdict === 'open') return branch.end ?? 'no loss so far';
	if (branch.tally.nearest === 0) return 'lost here';
	return branch.tally.lost === 1 ? '1 loses' : `${formatNumber(branch.tally.lost)} lose`;
}

export const awayText = (nearest: number | null): string =>
	nearest === null || nearest === 0 ? '' : nearest === 1 ? '1 step away' : `${nearest} steps away`;

const runs = (count: number, word: string): string =>
	count > 0 ? `${formatNumber(count)} ${word}` : '';

export const tallyWords = ({ lost, safe, open }: Tally): string =>
	[runs(lost, 'lost'), runs(safe, 'safe'), runs(open, 'open')]
		.filter((part) => part !== '')
		.join(', ');

/** A branch as a screen reader hears it. */
export function branchWords(branch: Branch): string {
	const back = branch.back === null ? '' : `, leads back to moment ${branch.back}`;
	const what =
		branch.verdict === 'lost'
			? `${tallyWords(branch.tally)}, ${awayText(branch.tally.nearest) || 'lost at once'}`
			: branch.tally.safe + branch.tally.open > 1
				? `${verdictText(branch)}, ${tallyWords(branch.tally)}`
				: verdictText(branch);
	return `${branch.act.sentence}: ${what}${back}`;
}

export function momentWords(moment: Moment, failure: string): string {
	const count = moment.branches.length;
	const branches =
		count === 0 ? 'no other way from here' : count === 1 ? '1 branch' : `${count} branches`;
	const next = capital(
		moment.next === null
			? (moment.end ?? 'your run ends here')
			: `your run: ${moment.next.sentence}`
	);
	return `Moment ${moment.index}, ${formatNs(moment.atNs)}, chance of ${failure} ${percent(moment.chance.share)}. ${next}. ${branches}.`;
}

const capital = (text: string): string => text.charAt(0).toUpperCase() + text.slice(1);

/** The curve in a sentence or two. */
export function curveWords(
	moments: readonly (Moment | FutureMoment)[],
	steps: Steps,
	failure: string
): string {
	const rise = (at: number): string =>
		`${percent(moments[at - 1]?.chance.share ?? 0)} to ${percent(moments[at]?.chance.share ?? 0)} with “${moments[at - 1]?.next?.short ?? ''}”`;
	const largest =
		steps.largest === null ? '' : ` The largest step before it is certain: ${rise(steps.largest)}.`;
	if (steps.cliff !== null)
		return `${capital(failure)} becomes certain: ${rise(steps.cliff)}.${largest}`;
	if (moments.length > 0 && moments.every((moment) => moment.chance.share === 1))
		return `${capital(failure)} is certain from the first moment on.`;
	return `There is no cliff: ${failure} does not become certain.${largest}`;
}
