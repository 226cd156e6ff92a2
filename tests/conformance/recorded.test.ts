/**
 * Goal: the engine answers as real QEMU and real Linux did. Method: every recording given is played whole; then the same
 * recordings with one answer changed, which must be noticed.
 */
import { fileURLToPath } from 'node:url';
import { describe, expect, it } from 'vitest';
import { readCases, type Json, type RecordedCase, type RecordedStep } from '../../tools/conformance/case.ts';
import { playDcd } from '../../tools/conformance/play-dcd.ts';
import { playCxl } from '../../tools/conformance/play-cxl.ts';
import { playIova } from '../../tools/conformance/play-iova.ts';
import { playMigration } from '../../tools/conformance/play-migration.ts';
import { playVirtio } from '../../tools/conformance/play-virtio.ts';
import { playZones } from '../../tools/conformance/play-zones.ts';

const folder = (family: string): string => fileURLToPath(new URL(`../vectors/${family}`, import.meta.url));

const FAMILIES = [
	['zones-hotplug', playZones],
	['virtio-mem', playVirtio],
	['cxl-topology', playCxl],
	['dcd-qmp', playDcd],
	['iova-tree', playIova],
	['migration', playMigration]
] as const;

describe.each(FAMILIES)('%s', (family, play) => {
	const { cases, skipped } = readCases(folder(family));

	it('has its recordings', () => {
		expect(skipped).toEqual([]);
		expect(cases.length).toBeGreaterThan(15);
	});

	it.each(cases.map((each) => [each.id, each.title, each] as const))('%s: %s', { timeout: 60_000 }, (_id, _title, recorded) => {
		const answer = play(recorded);
		expect(answer.difference).toBeNull();
		expect(answer.unanswered).toEqual([]);
		// Nothing found is an answer too, where the real one found nothing.
		const asked = recorded.steps.filter((step) => 'result' in step);
		expect(asked.filter((step, index) => answer.results[index] === null && step['result'] !== null)).toEqual([]);
	});
});

/** The same case with one recorded answer changed. */
function altered(recorded: RecordedCase, at: number, change: (step: RecordedStep) => RecordedStep): RecordedCase {
	return { ...recorded, steps: recorded.steps.map((step, index) => (index === at ? change(step) : step)) };
}

const pick = (family: string, id: string): RecordedCase => {
	const found = readCases(folder(family)).cases.find((each) => each.id.endsWith(id));
	if (!found) throw new Error(`no case ${id}`);
	return found;
};

describe('the comparison notices', () => {
	it('another errno of a write', () => {
		const recorded = pick('zones-hotplug', 'case16');
		const changed = altered(recorded, 0, (step) => ({ ...step, result: 'EBUSY' }));
		expect(playZones(changed).difference).toMatch(/^step 1 .*result/);
	});
	it('another zone after onlining', () => {
		const recorded = pick('zones-hotplug', 'case08');
		const changed = altered(recorded, 1, (step) => ({ ...step, valid_zones_after: 'Normal' }));
		expect(playZones(changed).difference).toMatch(/^step 2 .*valid_zones_after/);
	});
	it('pages of another kind', () => {
		const recorded = pick('zones-hotplug', 'case33');
		const at = recorded.steps.findIndex((step) => step.op === 'process');
		const changed = altered(recorded, at, (step) => ({
			...step,
			result: (step['result'] as { op: string }[]).map((word) => (word.op === 'move' ? { ...word, status: { node0: 64 } } : word)) as Json
		}));
		expect(playZones(changed).difference).toMatch(/\(move\)/);
	});
	it('a size that was reached and should not have been', () => {
		const recorded = pick('virtio-mem', 'case19');
		const changed = altered(recorded, 2, (step) => ({ ...step, reached: false }));
		expect(playVirtio(changed).difference).toMatch(/reached/);
	});
	it('another text of a refusal', () => {
		const recorded = pick('virtio-mem', 'case15');
		const changed = altered(recorded, 1, (step) => ({ ...step, result: { ok: false, class: 'GenericError', text: 'no' } }));
		expect(playVirtio(changed).difference).toMatch(/^step 2 .*text/);
	});
	it('other positions of a region', () => {
		const recorded = pick('cxl-topology', 'case20');
		const changed = altered(recorded, 3, (step) => {
			const json = step['json'] as { mappings: { position: number }[] };
			return { ...step, json: { ...json, mappings: json.mappings.map((each) => ({ ...each, position: 1 - each.position })) } as Json };
		});
		expect(playCxl(changed).difference).toMatch(/position/);
	});
	it('another errno of a file below /sys/bus/cxl', () => {
		const recorded = pick('cxl-topology', 'case44');
		const changed = altered(recorded, 4, (step) => ({ ...step, result: 'EBUSY' }));
		expect(playCxl(changed).difference).toMatch(/^step 5 /);
	});
	it('an offer that should have been refused, another list at the end, another mailbox code', () => {
		const refused = pick('dcd-qmp', 'case01');
		const text = { ok: false, class: 'GenericError', text: 'region id is too large' };
		expect(playDcd(altered(refused, 0, (step) => ({ ...step, result: text }))).difference).toMatch(/^step 1 \(add\): ok/);
		const list = pick('dcd-qmp', 'case42');
		expect(playDcd({ ...list, outcome: { ...(list.outcome as object), final_accepted: [] } as Json }).difference).toMatch(
			/^outcome: final_accepted/
		);
		const code = pick('dcd-qmp', 'case68');
		const at = code.steps.findIndex((step) => step.op === 'host-accept');
		const changed = altered(code, at, (step) => ({ ...step, result: { ok: false, rc: 2, rc_name: 'INVALID_INPUT' } }));
		expect(playDcd(changed).difference).toMatch(/\(host-accept\): rc/);
	});
	it('a migration that converges and should not, another error, another run state, pages that cross', () => {
		const done = pick('migration', 'case06');
		const watch = done.steps.findIndex((step) => step.op === 'watch-migration');
		const never = altered(
			done,
			watch,
			(step) =>
				({
					...step,
					status_over_time: [
						[0, 'setup'],
						[0.05, 'active']
					]
				}) as RecordedStep
		);
		expect(playMigration(never).difference).toMatch(/\(watch-migration\): status completed is not in setup → active/);
		const text = { ok: false, class: 'GenericError', text: 'no' };
		const refused = pick('migration', 'case23');
		const at = refused.steps.findIndex((step) => step['command'] === 'migrate_cancel');
		expect(playMigration(altered(refused, at, (step) => ({ ...step, result: text }))).difference).toMatch(/\(qmp\): text/);
		const state = done.steps.findIndex((step) => step.op === 'destination-state');
		const stopped = altered(done, state, (step) => ({ ...step, 'query-status': { status: 'paused', running: false } }));
		expect(playMigration(stopped).difference).toMatch(/query-status status: "running", recorded "paused"/);
		const shared = pick('migration', 'case36');
		const look = shared.steps.findIndex((step) => step.op === 'watch-migration');
		const crosses = altered(shared, look, (step) => {
			const query = step['query-migrate'] as { ram: object };
			return { ...step, 'query-migrate': { ...query, ram: { ...query.ram, normal: 30_000 } } } as RecordedStep;
		});
		expect(playMigration(crosses).difference).toMatch(/memory crosses: "by reference", recorded "by copy"/);
	});
	it('another map found, another address, a map that should be left', () => {
		const found = pick('iova-tree', 'case029');
		const lowest = { iova: '0x0', taddr: '0x1', size: '0xfff', perm: 3 };
		expect(playIova(altered(found, 3, (step) => ({ ...step, result: lowest }))).difference).toMatch(/^step 4 \(find\): result/);
		expect(playIova({ ...found, outcome: { ...(found.outcome as object), final: [] } as Json }).difference).toMatch(/^outcome: final/);
		const given = pick('iova-tree', 'case041');
		const elsewhere = altered(given, 2, (step) => ({ ...step, result: { code: 'OK', iova: '0x3000' } }));
		expect(playIova(elsewhere).difference).toMatch(/^step 3 \(map-alloc-gpa\): result/);
	});
});
