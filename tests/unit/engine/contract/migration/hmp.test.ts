/** Goal: the monitor in words says the same as in JSON. Method: lines read, written back and read again; answers printed. */
import { describe, expect, it } from 'vitest';
import { HMP_HELP, lineOfMonitor, printed, readMonitorLine } from '../../../../../src/lib/engine/contract/migration/hmp.ts';

describe('a line of the monitor', () => {
	it.each(HMP_HELP.map(({ form }) => [form] as const))('"%s" is understood, and written back as a line that says the same', (form) => {
		const read = readMonitorLine(form);
		if (read.kind === 'text') throw new Error(`not understood: ${read.text}`);
		if (read.kind === 'look') return;
		const again = readMonitorLine(lineOfMonitor(read.execute, read.given ?? undefined));
		expect(again).toMatchObject({ kind: 'order', execute: read.execute, given: read.given });
	});
	it('a bandwidth without a unit is in MiB, with one it is that', () => {
		const given = (line: string) => {
			const read = readMonitorLine(line);
			return read.kind === 'order' ? read.given : null;
		};
		expect(given('migrate_set_parameter max-bandwidth 32')).toEqual({ 'max-bandwidth': 33_554_432 });
		expect(given('migrate_set_parameter max-bandwidth 1G')).toEqual({ 'max-bandwidth': 1_073_741_824 });
		expect(given('migrate_set_parameter downtime-limit 100')).toEqual({ 'downtime-limit': 100 });
		expect(given('migrate_set_parameter cpu-throttle-tailslow on')).toEqual({ 'cpu-throttle-tailslow': true });
		expect(given('migrate -r tcp:B:5')).toEqual({ uri: 'tcp:B:5', resume: true });
	});
	it('what is no word is said so', () => {
		expect(readMonitorLine('teleport')).toEqual({ kind: 'text', text: "unknown command: 'teleport'\n" });
		expect(readMonitorLine('info weather')).toMatchObject({ kind: 'text' });
		expect(readMonitorLine('{"execute"')).toMatchObject({ kind: 'text' });
	});
	it('prints what was answered', () => {
		expect(printed('query-status', { return: { status: 'inmigrate', running: false } })).toBe('VM status: paused (inmigrate)\n');
		expect(printed('query-migrate', { return: { status: 'failed', 'error-desc': 'no' } })).toMatch(/failed \(no\)/);
		expect(printed('query-migrate', { error: { class: 'GenericError', desc: 'no' } })).toBe('Error: no\n');
	});
});
