import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { MOVER_TILES, type MoverPlan, type MoverTile } from './steps.ts';

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
