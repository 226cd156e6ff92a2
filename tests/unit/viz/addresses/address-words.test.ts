import { describe, expect, it } from 'vitest';
import type { AddressesAnswer } from '$lib/engine/contract/addresses.ts';
import { addressesWords, brokenWords, lanesShown } from '$lib/viz/addresses/address-words.ts';
import { host, open, settle, smallWorld, vm } from '../../../support/worlds.ts';

/** Five columns as the engine answers them, and what the figure says of them. */
const passed = (naming: 'tag' | 'host', windowBaseHpa: number): AddressesAnswer => {
	const simulation = open(
		smallWorld({ hosts: [host('A', 512), host('B', 512, { windowBaseHpa })], vms: [vm('vm0', 'A', 128, { ways: { lives: 'pool' } })] })
	);
	simulation.send({ name: 'migrate', vm: 'vm0', target: 'B', strategy: 'resident', parameters: { naming } });
	expect(settle(simulation)).toBe(true);
	return simulation.ask({ kind: 'addresses', vm: 'vm0', gfn: 1000 })[0] as AddressesAnswer;
};
const changed = (answer: AddressesAnswer): string[] =>
	answer.lanes.flatMap(({ cells }) => cells.flatMap((cell) => (cell.changed ? [cell.space] : [])));

describe('a page that was passed by reference', () => {
	it('has other host addresses and the same device address', () => {
		const answer = passed('tag', 0x28_0000_0000);
		expect(answer).toMatchObject({ copiedPages: 0, records: 1, came: 'another process, no page copied' });
		expect(changed(answer)).toEqual(['hva', 'hpa']);
		expect(lanesShown(answer).map(({ host: name, role }) => `${name} ${role}`)).toEqual(['B runs']);
		expect(lanesShown(answer).flatMap(brokenWords)).toEqual([]);
	});

	it('is led elsewhere by a host address where windows overlap, and the sentence says where', () => {
		const answer = passed('host', 0x10_7000_0000);
		const [lane] = lanesShown(answer);
		expect(lane).toMatchObject({ host: 'B', role: 'stopped' });
		expect(lane?.links.map(({ state }) => state)).toEqual(['holds', 'holds', 'holds', 'broken']);
		expect(addressesWords(answer)).toMatch(/^vm0, page 1000: nobody runs it\. .*broken: decoder: 0x\S+, as it was told, leads to 0x/);
	});

	it('is reached by a host address where windows are equal', () => {
		expect(lanesShown(passed('host', 0x10_8000_0000)).flatMap(brokenWords)).toEqual([]);
	});
});
