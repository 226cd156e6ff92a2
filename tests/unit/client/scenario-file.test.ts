/** Goal: a scenario goes out as a file and comes back the same; a bad file is refused in words. */
import { describe, expect, it } from 'vitest';
import { readScenarioFile, scenarioFile } from '../../../src/lib/client/scenario-file.ts';
import type { JournalEntry } from '../../../src/lib/engine/contract/commands.ts';
import { CATALOGUE } from '../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { readScenario } from '../../../src/lib/engine/contract/scenario/read.ts';

describe('scenario files', () => {
	it.each(CATALOGUE.map((entry) => [entry.id, entry.scenario] as const))('%s there and back', async (id, scenario) => {
		const journal: JournalEntry[] = [
			{
				atNs: 5_000_000,
				command: { name: 'migrate', vm: 'vm0', target: 'B', strategy: 'transit' }
			}
		];
		const file = scenarioFile({ scenario, journal });
		if (!file.ok) throw new Error(file.detail);
		expect(file.value.name).toBe(`${id}.switchyard.json`);
		const read = readScenario(scenario);
		const back = await readScenarioFile(new Blob([file.value.text]));
		expect(back).toEqual({ ok: true, value: { ...(read.ok && read.value), journal } });
	});

	it('reads a file with a byte order mark', async () => {
		const file = scenarioFile({ scenario: CATALOGUE[0]?.scenario });
		expect(file.ok && (await readScenarioFile(`\ufeff${file.value.text}`)).ok).toBe(true);
	});

	it('says what is wrong and where', async () => {
		expect(await readScenarioFile('{"switchyard": 1')).toMatchObject({
			reason: 'bad-scenario',
			detail: expect.stringContaining('not JSON')
		});
		expect(await readScenarioFile('{"switchyard": 99}')).toMatchObject({
			reason: 'newer-scenario'
		});
		const scenario = JSON.parse(JSON.stringify(CATALOGUE[0]?.scenario));
		scenario.vms[0].bytes = '4 GB';
		expect(await readScenarioFile(JSON.stringify(scenario))).toMatchObject({
			reason: 'bad-scenario',
			detail: expect.stringContaining('vms[0].bytes')
		});
		expect(await readScenarioFile(new Blob(['x'.repeat(2_000_001)]))).toMatchObject({
			reason: 'too-large-file'
		});
	});

	it('refuses a file that cannot be read', async () => {
		const unreadable = {
			size: 10,
			text: () => Promise.reject(new Error('it was moved'))
		} as unknown as Blob;
		expect(await readScenarioFile(unreadable)).toMatchObject({
			reason: 'unreadable-file',
			detail: expect.stringContaining('it was moved')
		});
	});
});
