/**
 * Goal: the console shows every command once, in the order of the run, however it was given; going back takes lines away.
 * Method: journals by hand, and a measured experiment whose calls are the engine's.
 */
import { describe, expect, it } from 'vitest';
import type { JournalEntry } from '../../../../../src/lib/engine/contract/commands.ts';
import type { MachineCommand } from '../../../../../src/lib/engine/contract/machine-commands.ts';
import { MACHINE_CATALOGUE } from '../../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { Simulation } from '../../../../../src/lib/engine/index.ts';
import { callBars } from '../../../../../src/routes/play/machine/call-bars.ts';
import { didWords } from '../../../../../src/routes/play/machine/line-objects.ts';
import { commandsUntil, firstView, keyOf, scrollback } from '../../../../../src/routes/play/machine/scrollback.ts';

const wish = (value: number): MachineCommand => ({
	name: 'qmp',
	machine: 'm0',
	execute: 'qom-set',
	arguments: { path: '/machine/peripheral/vm0', property: 'requested-size', value }
});
const journal: JournalEntry[] = [
	{ atNs: 10, command: wish(2 ** 30) },
	{ atNs: 20, command: { name: 'process', machine: 'm0', process: 'p0', words: 'map a 64M' } },
	{ atNs: 20, command: { name: 'write-file', machine: 'other', path: '/x', value: '1' } },
	{ atNs: 30, command: wish(0) }
];

describe('the scrollback', () => {
	it('has a line for each command of this machine up to now, in the console’s own words', () => {
		expect(scrollback(journal, [], new Map(), [], 'm0', 25).map((entry) => entry.line)).toEqual([
			'qom-set vm0 requested-size 1G',
			'p0: map a 64M'
		]);
		expect(scrollback(journal, [], new Map(), [], 'm0', 5)).toEqual([]);
	});
	it('keeps a typed line as it was typed', () => {
		const line = '{"execute":"qom-set", "arguments":{}}';
		const typed = new Map([[keyOf(10, journal[0]!.command as MachineCommand), { line, manner: 'qmp' as const }]]);
		const [first] = scrollback(journal, [], typed, [], 'm0', 15);
		expect(first).toMatchObject({ line, manner: 'qmp', from: 'typed' });
		const acted = new Set([keyOf(30, journal[3]!.command as MachineCommand)]);
		const entries = scrollback(journal, [], typed, [], 'm0', 40, acted);
		expect(entries.map((one) => (one.kind === 'command' ? one.from : one.kind))).toEqual(['typed', 'run', 'picture']);
	});
	it('puts what was only asked where it was asked, and drops it when time goes back', () => {
		const said = [
			{
				atNs: 20,
				after: commandsUntil(journal, 'm0', 20),
				line: 'numactl -H',
				text: 'x\n',
				status: 0
			}
		];
		const lines = (nowNs: number) => scrollback(journal, said, new Map(), [], 'm0', nowNs).map((entry) => entry.line);
		expect(lines(40)).toEqual(['qom-set vm0 requested-size 1G', 'p0: map a 64M', 'numactl -H', 'qom-set vm0 requested-size 0']);
		expect(lines(15)).toEqual(['qom-set vm0 requested-size 1G']);
	});
});

describe('with the engine’s calls', () => {
	const entry = MACHINE_CATALOGUE.find((one) => one.id === 'm6-held-page')!;
	const opened = Simulation.open({ scenario: entry.scenario, limitBytes: 2 ** 32 });
	if (!opened.ok) throw new Error(opened.detail);
	const simulation = opened.value;
	simulation.advance(7_000_000_000);
	const status = simulation.status();
	const machine = status.machines[0]!;
	const own = simulation.world.journal;

	it('every command finds the call that it made', () => {
		const entries = scrollback(own, [], new Map(), machine.calls, machine.id, status.nowNs);
		const commands = entries.filter((one) => one.kind === 'command');
		expect(commands.length).toBe(own.filter((one) => one.atNs <= status.nowNs).length);
		for (const one of commands) expect(one.call?.startNs).toBe(one.atNs);
		expect(new Set(commands.map((one) => one.call?.id)).size).toBe(commands.length);
		expect(commands.at(-1)!.call).toMatchObject({ state: 'running', actor: 'shell' });
	});
	it('every line names the thing in the picture that it is about, and what the picture did of it', () => {
		const entries = scrollback(own, [], new Map(), machine.calls, machine.id, status.nowNs).flatMap((one) =>
			one.kind === 'command' ? [one] : []
		);
		const about = entries.map((one) => one.about);
		expect(about[0]).toEqual({ type: 'virtioMem', machine: 'guest', device: 'vm0' });
		expect(about[1]).toEqual({ type: 'process', machine: 'guest', process: 'holder' });
		expect(about.at(-1)).toEqual({ type: 'memoryBlock', machine: 'guest', block: 32 });
		const did = entries.map((one) => didWords(one.command, one.call, machine)?.replaceAll('\u2009', ' '));
		expect(did[0]).toBe('vm0 has 512 MiB, as requested');
		// The 64 MiB were touched on node 1; all but the page that is held have walked to node 0.
		expect(did[1]).toMatch(/^a: 64 MiB on node 0, 4 KiB on node 1, 4 KiB held$/);
		expect(did.at(-1)).toMatch(/^memory32 is being emptied, 16,383 of 16,384 pages moved, [\d,]+ tries$/);
	});
	it('the timeline has past calls, the one that runs and the ones to come', () => {
		const { lanes, bars } = callBars(machine, own, status.nowNs, 6);
		expect(lanes).toEqual(['qmp', 'holder', 'shell']);
		expect(bars.filter((bar) => bar.state === 'running').map((bar) => bar.lane)).toEqual(['shell']);
		expect(bars.filter((bar) => bar.state === 'coming').map((bar) => bar.words)).toEqual(['holder: drain a']);
		expect(bars.length).toBe(own.length);
		expect(callBars(machine, own, status.nowNs, 2).lanes).toEqual(['qmp', 'others']);
	});
	it('a run about one device begins with it, another with the zones', () => {
		expect(firstView(own)).toBe('rooms');
		expect(firstView(journal.filter((one) => one.command.name === 'qmp'))).toBe('virtio');
		const shell = (line: string): JournalEntry => ({ atNs: 1, command: { name: 'shell', machine: 'm', line } });
		expect(firstView([shell('cxl create-region -m -t ram -d decoder0.0 -w 1 mem0'), shell('timeout 5 daxctl offline-memory dax0.0')])).toBe(
			'cxl'
		);
		expect(firstView([shell('numactl -H')])).toBe('rooms');
	});
});
