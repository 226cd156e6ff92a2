/** Goal: what somebody sends us after a crash leads back to the moment before it, with the commands that broke the engine. */
import { expect, it } from 'vitest';
import { crashReportText } from '../../../src/lib/client/crash-report.ts';
import { decodeLink } from '../../../src/lib/client/permalink.ts';
import { Session } from '../../../src/lib/client/session.svelte.ts';
import { catalogueScenario } from '../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { FakeEngine } from './fake-port.ts';

it('gives a link that opens before the crash, and the engine’s words', async () => {
	const engine = new FakeEngine();
	const opened = await Session.open([{ scenario: catalogueScenario('two-hosts') }], {
		memory: 'shared',
		connect: engine.connect
	});
	if (!opened.ok) throw new Error(opened.detail);
	const session = opened.value;
	await session.seek(300_000_000);
	engine.trouble = { call: 'send', what: 'throw' };
	await session.send(0, { name: 'migrate-cancel', vm: 'vm0' });
	if (!session.crash) throw new Error('it did not crash');
	const report = await crashReportText(session, session.crash);
	expect(report.text).toContain('planted: a rule is broken');
	expect(report.text).toContain(`#${report.fragment}`);
	const link = await decodeLink(report.fragment as string);
	expect(link).toMatchObject({ ok: true, value: { positionNs: 299_999_999 } });
	expect(link.ok && link.value.worlds[0]?.journal.map((entry) => entry.command.name)).toEqual(['migrate', 'migrate-cancel']);
});
