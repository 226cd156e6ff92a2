/**
 * Goal: the inspector, the tracks and the console of a vDPA device tell one story, that of the engine. Method: the collision of the
 * catalogue, before its course and after it.
 */
import { describe, expect, it } from 'vitest';
import { RULES } from '../../../../../src/lib/engine/contract/rules.ts';
import { nicEntries } from '../../../../../src/routes/play/nic/entries.ts';
import { nicFacts, type NicFacts } from '../../../../../src/routes/play/nic/nic-facts.ts';
import { nicTracks } from '../../../../../src/routes/play/nic/tracks.ts';
import { firstNic, nicSimulation } from '../../../../support/nic-catalogue.ts';

const simulation = nicSimulation('identity-hole-collision', 6e9);
const { nic, guest } = firstNic(simulation);
const end = nic.ends[0]!;
const journal = [
	{ atNs: 500e6, command: { name: 'migrate', vm: 'vm0', target: 'B', strategy: 'precopy' } },
	{ atNs: 1500e6, command: { name: 'vdpa', vm: 'vm0', execute: 'plug-dimm', arguments: { bytes: 2 ** 30 } } },
	{ atNs: 2500e6, command: { name: 'vdpa', vm: 'vm0', execute: 'fail-migration' } }
] as const;
const facts = (part: Parameters<typeof nicFacts>[0], id: string): NicFacts => {
	const found = nicFacts(part, id, nic, guest, 0);
	if (!found) throw new Error(`${part} ${id} is not there`);
	return found;
};
const row = (one: NicFacts, label: string) => one.rows.find(([name]) => name === label)?.[1];

describe('facts', () => {
	it('of the device name its wrong map and the rules behind it', () => {
		const device = facts('device', nic.id);
		expect(device.list?.title).toBe('Wrong maps');
		expect(device.list?.items).toHaveLength(nic.wrongMaps.length);
		expect(row(device, 'Wrong pages')).toBe(nic.wrongCount.toLocaleString('en-US'));
		expect(row(device, 'Strategy')).toMatch(/^b:/);
		expect(device.rules).toContain('vdpa-dma');
	});

	it('of every band, queue, section and change are there, with rules that exist', () => {
		const all = [
			...end.bands.map((band) => facts('band', String(band.iova))),
			...end.queues.map((queue) => facts('queue', String(queue.index))),
			...guest.sections.map((section) => facts('section', section.id)),
			...nic.changes.map((change) => facts('change', String(change.id)))
		];
		expect(all.length).toBeGreaterThan(12);
		for (const one of all) {
			expect(one.title).not.toBe('');
			expect(one.rules.length, one.title).toBeGreaterThan(0);
			for (const rule of one.rules) expect(RULES, rule).toHaveProperty([rule]);
			for (const [label, value] of one.rows) expect(value, `${one.title}: ${label}`).not.toMatch(/NaN|undefined|null/);
		}
	});

	it('of a change list its steps, and how long no packet passed', () => {
		const change = nic.changes.find((one) => one.kind === 'to-passthrough')!;
		const told = facts('change', String(change.id));
		expect(told.list?.items).toHaveLength(change.steps.length);
		expect(row(told, 'No packets for')).toMatch(/305\sms/);
	});

	it('of what is not there are none', () => {
		expect(nicFacts('band', '1', nic, guest, 0)).toBeNull();
		expect(nicFacts('queue', '99', nic, guest, 0)).toBeNull();
		expect(nicFacts('section', 'dimm7', nic, guest, 0)).toBeNull();
		expect(nicFacts('change', '99', nic, guest, 0)).toBeNull();
	});
});

describe('tracks', () => {
	const { lanes, bars } = nicTracks([nic], journal, 6e9, 4);

	it('have a lane for changes, one for gaps and one for commands, each bar on a lane', () => {
		expect(lanes).toEqual(['net0', 'net0, no packets', 'commands']);
		for (const bar of bars) expect(lanes).toContain(bar.lane);
		expect(bars.filter((bar) => bar.lane === 'net0')).toHaveLength(nic.changes.length);
		expect(bars.filter((bar) => bar.lane === 'net0, no packets')).toHaveLength(nic.traffic.gaps.length);
		expect(bars.filter((bar) => bar.lane === 'commands').map((bar) => bar.words)).toEqual([
			'migrate B',
			'device_add pc-dimm,size=1G',
			'fail'
		]);
		expect(new Set(bars.map((bar) => bar.key)).size).toBe(bars.length);
	});

	it('never take more lanes than there is room for', () => {
		for (const most of [2, 3, 4])
			expect(nicTracks([nic, { ...nic, id: 'net1' }], journal, 0, most).lanes.length, String(most)).toBeLessThanOrEqual(most);
	});

	it('tell a command that is still to come', () => {
		const { bars: early } = nicTracks([nic], journal, 1e9, 4);
		expect(early.filter((bar) => bar.lane === 'commands').map((bar) => bar.state)).toEqual(['done', 'coming', 'coming']);
	});
});

describe('the console', () => {
	const { trace } = simulation.world;
	const lines = (nowNs: number, said: Parameters<typeof nicEntries>[1] = []) => nicEntries(journal, said, trace, nowNs);
	const asked = { atNs: 1e9, after: 1, line: 'help', text: 'words\n', bad: false, isAction: false, refused: null };

	it('shows what was ordered with what the engine said, and forgets it when time goes back', () => {
		expect(lines(6e9).map((one) => one.line)).toEqual(['migrate B', 'device_add pc-dimm,size=1G', 'fail']);
		for (const one of lines(6e9)) expect(one.text, one.line).not.toBe('');
		expect(lines(2e9)).toHaveLength(2);
		expect(lines(0)).toEqual([]);
	});

	it('keeps what was only asked in its place, and a refused line once', () => {
		expect(lines(6e9, [asked]).map((one) => one.line)).toEqual(['migrate B', 'help', 'device_add pc-dimm,size=1G', 'fail']);
		const refused = { ...asked, atNs: 2500e6, after: 3, line: 'fail', text: 'no\n', bad: true, refused: 'fail' };
		expect(lines(6e9, [refused]).filter((one) => one.line === 'fail')).toEqual([refused]);
	});
});
