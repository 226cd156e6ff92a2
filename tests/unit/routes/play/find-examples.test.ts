import { expect, it } from 'vitest';
import { staging } from '../../../../src/lib/viz/fixtures/moments.ts';
import { findExamples } from '../../../../src/routes/play/find-examples.ts';

const nothing = { hits: [], message: 'Nothing.' };
const record = {
	hits: [{ label: 'x', object: { type: 'record' as const, seq: 1 }, memory: null, block: null, atNs: 5 }],
	message: null
};

it('offers only events that have happened, and places that the guest has', async () => {
	const { status } = staging();
	expect(await findExamples(status, () => Promise.resolve(nothing))).toEqual(['vm0', 'page 419430', '0x6666_6000']);
	const asked: string[] = [];
	const found = await findExamples(status, (text) => {
		asked.push(text);
		return Promise.resolve(text === 'round' || text === 'migrate' ? record : nothing);
	});
	expect(found.slice(3)).toEqual(['round', 'migrate']);
	expect(asked).toContain('owner word');
	expect(await findExamples({ ...status, vms: [] }, () => Promise.resolve(nothing))).toEqual([]);
});
