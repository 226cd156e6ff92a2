import {
	SPACE_NAMES,
	type AddressesAnswer,
	type AddressLane
} from '../../engine/contract/addresses.ts';

/** Five columns in words, and which hosts have something to say in them. */

const ROLES: Readonly<Record<AddressLane['role'], string>> = {
	runs: 'runs it',
	stopped: 'has it, stopped',
	prepared: 'stands ready',
	none: 'nothing of it'
};
export const roleWords = (role: AddressLane['role']): string => ROLES[role];

/** A host without a process of the guest has a line only when somebody told it where the page lies. */
export const lanesShown = (answer: AddressesAnswer): readonly AddressLane[] =>
	answer.lanes.filter(
		({ role, links }) => role !== 'none' || links.some(({ state }) => state === 'broken')
	);

/** What is wrong in a lane, one sentence per broken table. */
export const brokenWords = (lane: AddressLane): readonly string[] =>
	lane.links.flatMap(({ state, by, why }) => (state === 'broken' ? [`${by}: ${why}`] : []));

export function laneWords(lane: AddressLane): string {
	const spaces = lane.cells
		.filter(({ address }) => address !== null)
		.map(
			({ space, address, changed }) =>
				`${SPACE_NAMES[space]} ${address}${changed ? ', another one than at the start' : ''}`
		);
	const broken = brokenWords(lane);
	return [
		`Host ${lane.host} ${roleWords(lane.role)}`,
		...spaces,
		...broken.map((each) => `broken: ${each}`)
	].join('; ');
}

export function addressesWords(answer: AddressesAnswer): string {
	const lanes = lanesShown(answer).map((lane) => `${laneWords(lane)}.`);
	return [`${answer.vm}, page ${answer.gfn}: ${answer.came}.`, ...lanes].join(' ');
}
