import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { MOVER_TILES, MOVERS, type Mover, type MoverPlan, type MoverTile } from './steps.ts';

/** Zone words: the zone's name, or what onlined the node into it. */
const ZONES: Readonly<Record<string, MoverPlan['zone']>> = { MOVABLE: 'MOVABLE', NORMAL: 'NORMAL', movable: 'MOVABLE', kernel: 'NORMAL' };

/** A plan as words: "MOVABLE mlock bind move release", "kernel secure move". */
export function readMoverPlan(text: string): Outcome<MoverPlan, 'bad-command'> {
	const words = text.split(' ').filter((word) => word !== '');
	const zone = ZONES[words.shift() ?? ''];
	if (zone === undefined) return refused('bad-command', 'a plan begins with the zone of the CXL node: MOVABLE or NORMAL');
	const secure = words.includes('secure');
	const release = words.includes('release');
	const before: MoverTile[] = [];
	for (const word of words) {
		if (word === 'secure' || word === 'release') continue;
		if (!Object.hasOwn(MOVER_TILES, word))
			return refused('bad-command', `"${word.slice(0, 40)}" is none of ${Object.keys(MOVER_TILES).join(', ')}, release, secure`);
		before.push(word as MoverTile);
	}
	if (before.length > 6) return refused('bad-command', 'at most 6 acts before the hand-off');
	return ok({ zone, secure, before, release });
}

/** A plan with one order behind it: "MOVABLE move | migrator balancing reclaim". No bar: no order, every order is meant. */
export function readMoverOrder(
	text: string
): Outcome<{ readonly plan: MoverPlan; readonly order: readonly Mover[] | null }, 'bad-command'> {
	const [before = '', after] = text.split('|');
	const plan = readMoverPlan(before);
	if (!plan.ok) return plan;
	if (after === undefined) return ok({ plan: plan.value, order: null });
	const words = after.split(' ').filter((word) => word !== '');
	const stranger = words.find((word) => !(MOVERS as readonly string[]).includes(word));
	if (stranger !== undefined) return refused('bad-command', `"${stranger.slice(0, 40)}" is none of ${MOVERS.join(', ')}`);
	if (words.length > MOST_STEPS) return refused('bad-command', `an order has at most ${MOST_STEPS} steps`);
	return ok({ plan: plan.value, order: words as Mover[] });
}
const MOST_STEPS = 40;
