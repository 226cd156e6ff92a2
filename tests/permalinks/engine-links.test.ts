/**
 * Goal: a link reproduces the state, and says so when it does not. Method: built-in scenarios run by the real engine to a
 * moment, shared, opened again; then the same links with one bit of the fingerprint changed.
 */
import { expect, it } from 'vitest';
import { decodeLink, encodeLink, PLAIN_VIEW } from '../../src/lib/client/permalink.ts';
import { Session } from '../../src/lib/client/session.svelte.ts';
import { catalogueScenario } from '../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { connectInProcess } from '../unit/client/in-process.ts';

const options = { memory: 'shared', connect: connectInProcess, withoutForecast: true } as const;

it.each(['two-hosts', 'held-page'])('%s opens in the state that was shared', { timeout: 180_000 }, async (id) => {
	const first = await Session.open([{ scenario: catalogueScenario(id) }], options);
	if (!first.ok) throw new Error(first.detail);
	await first.value.seek(123_456_789);
	const shared = await first.value.linkState(PLAIN_VIEW);
	const link = await decodeLink(await encodeLink(shared));
	if (!link.ok) throw new Error(link.detail);
	expect(link.value.fingerprints).toEqual([shared.fingerprints[0]?.slice(0, 8)]);

	const same = await Session.openLink(link.value, options);
	expect(same.ok && same.value.notes).toEqual([]);

	const digits = link.value.fingerprints[0] as string;
	const changed = (parseInt(digits[0] as string, 16) ^ 1).toString(16) + digits.slice(1);
	const other = await Session.openLink({ ...link.value, fingerprints: [changed] }, options);
	expect(other.ok && other.value.notes).toEqual([{ reason: 'fingerprint-mismatch', detail: `reached ${digits}, shared was ${changed}` }]);
	// The run is shown all the same.
	expect(other.ok && other.value.nowNs).toBe(123_456_789);
});
