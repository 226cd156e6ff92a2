import type { TraceRecord } from '../../src/lib/engine/contract/records.ts';
import { Simulation } from '../../src/lib/engine/index.ts';

/** A run as text that people can review as a diff: one line per record, times in milliseconds. */

function line(record: TraceRecord): string {
	const at = (record.atNs / 1e6).toFixed(6).padStart(13);
	const cause = record.cause === null ? '' : ` <- #${record.cause}`;
	return `${at} ms  #${record.seq}${cause}  ${record.kind}/${record.rule}  ${record.text}`;
}

/** Kinds of which there are hundreds: in a long trace a line says how many followed each other. */
const MANY = new Set(['batch-begin', 'batch-end', 'retry']);
const LONG = 200;

/** The whole trace, or, if it is long, with stretches of batches counted instead of listed. */
export function traceText(records: readonly TraceRecord[]): string {
	if (records.length <= LONG) return records.map(line).join('\n');
	const lines: string[] = [];
	let stretch: TraceRecord[] = [];
	const flush = (): void => {
		const [first] = stretch;
		const last = stretch.at(-1);
		if (!first || !last) return;
		const counts = new Map<string, number>();
		let pages = 0;
		for (const record of stretch) {
			counts.set(record.kind, (counts.get(record.kind) ?? 0) + 1);
			if (record.kind === 'batch-end') pages += Number(record.values['pages']);
		}
		const said = [...counts].map(([kind, count]) => `${count} ${kind}`).join(', ');
		const until = (last.atNs / 1e6).toFixed(6);
		lines.push(`${' '.repeat(13)}     #${first.seq} to #${last.seq}, until ${until} ms: ${said}; ${pages} pages moved`);
		stretch = [];
	};
	for (const record of records) {
		if (MANY.has(record.kind)) stretch.push(record);
		else {
			flush();
			lines.push(line(record));
		}
	}
	flush();
	return lines.join('\n');
}

/** The golden text of a scenario: its trace, how it ended, and the fingerprint of the end. */
export function goldenText(scenario: { readonly id: string; readonly title: string; readonly untilNs: number }): string {
	const opened = Simulation.open({ scenario });
	if (!opened.ok) throw new Error(`${scenario.id}: ${opened.reason}: ${opened.detail}`);
	const simulation = opened.value;
	simulation.advance(scenario.untilNs);
	const { r, trace } = simulation.world;
	const kinds = new Map<string, number>();
	for (const record of trace) kinds.set(record.kind, (kinds.get(record.kind) ?? 0) + 1);
	const counts = [...kinds].sort(([a], [b]) => (a < b ? -1 : 1)).map(([kind, count]) => `${kind} ${count}`);
	const vms = r.vms.map(
		(vm) =>
			`${vm.id}: on ${r.hosts[vm.instances[vm.running] as number]?.id}, ${vm.writtenPages} pages written, ${vm.stalls} stalls, ${vm.lostWorkNs} ns of work lost, slowest ${vm.worstSpeedPpm} ppm`
	);
	const operations = r.operations.map((operation) => {
		const downtime = operation.resumedNs < 0 ? 'no downtime' : `downtime ${operation.resumedNs - operation.stoppedNs} ns`;
		return `operation ${operation.id}: ${operation.strategy} ${operation.state}${operation.reason === null ? '' : ` (${operation.reason})`}, ${operation.endNs - operation.startNs} ns, ${downtime}, network ${operation.networkBytes} B, CXL ${operation.cxlBytes} B, ${operation.retriedFolios} folios retried, ${operation.rangeCount} ranges`;
	});
	return [
		`# ${scenario.title}`,
		'',
		traceText(trace),
		'',
		`events ${r.eventCount}, records ${trace.length}: ${counts.join(', ')}`,
		...operations,
		...vms,
		`fingerprint ${simulation.fingerprint()}`,
		''
	].join('\n');
}
