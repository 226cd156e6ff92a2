import { formatAddress } from '$lib/base/address.ts';
import { PAGE_BYTES } from '$lib/base/units.ts';
import type { FindAnswer } from '$lib/engine/contract/queries.ts';
import type { WorldStatus } from '$lib/engine/contract/status.ts';

/** Words that records may hold, those of rarer events first. */
const EVENT_WORDS = ['owner word', 'refused', 'round', 'publish', 'pin', 'migrate'];
const MOST_EVENTS = 2;
/** Somewhere inside the guest, the same page in every run. */
const SHARE = 0.4;

/** What can be looked for in this world at this moment. Names and places come from the status; events are asked for. */
export async function findExamples(
	status: WorldStatus,
	find: (text: string) => Promise<FindAnswer>
): Promise<string[]> {
	const examples: string[] = [];
	const vm = status.vms[0];
	if (vm) {
		const gfn = Math.floor(vm.pageCount * SHARE);
		examples.push(vm.id, `page ${gfn}`, formatAddress(gfn * PAGE_BYTES));
	}
	let events = 0;
	for (const word of EVENT_WORDS) {
		if (events >= MOST_EVENTS) break;
		if ((await find(word)).hits.every((hit) => hit.object.type !== 'record')) continue;
		examples.push(word);
		events += 1;
	}
	return examples;
}
