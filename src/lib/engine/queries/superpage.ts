import type { SuperpageAnswer } from '../contract/superpage-models.ts';
import { packOwner } from '../contract/words.ts';
import type { World } from '../state/world.ts';
import { ownerIndex } from '../superpage/words.ts';

/** The words of the super-page as they stand in a world. */
const text = (value: bigint): string => value.toString(16).padStart(16, '0');

export function superpageAnswer(world: World): SuperpageAnswer {
	const words: [number, string][] = [];
	const column = world.c.superpageWord;
	for (let index = 0; index < column.data.length; index += 1) {
		const value = column.get(index);
		if (value !== 0n) words.push([index, text(value)]);
	}
	const earlier = world.r.vms.flatMap((vm, index) => {
		if (vm.previousOwner === null) return [];
		const [owner, state, incarnation, token] = vm.previousOwner;
		return [[ownerIndex(index), [text(packOwner({ owner, state, incarnation, token }))]] as const];
	});
	return {
		hosts: world.r.hosts.map(({ id }) => id),
		vms: world.r.vms.map(({ id }) => id),
		words,
		earlier,
		dead: world.r.hosts.flatMap(({ power }, index) => (power === 'down' ? [index] : []))
	};
}
