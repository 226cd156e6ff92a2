import { ok, refused } from '../../../base/outcome.ts';
import type { FUTURE_WORDS } from '../../contract/rack/future-words.ts';
import { lookAgain } from '../../hypervisor/ahead.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { reseed } from '../../sim/streams.ts';
import type { RackWordRun } from './word.ts';

/** Words about chance: the past stays, what is drawn from now on differs. */
export const FUTURES: Readonly<Record<keyof typeof FUTURE_WORDS, RackWordRun>> = {
	reroll: (world, _, { seed }) => {
		if (typeof seed !== 'number' || !Number.isInteger(seed) || seed < 0 || seed > 0xffffffff)
			return refused('bad-command', 'arguments.seed: a whole number from 0 to 4294967295');
		world.r.vms.forEach((_vm, index) => catchUp(world, index));
		reseed(world, seed);
		for (const vm of world.r.vms) lookAgain(world, vm);
		return ok(`from here on chance follows seed ${seed}`);
	}
};
