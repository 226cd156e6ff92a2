/**
 * Goal: every command of a fabric has a line that reads back as itself; the console says what happened; tools print what the
 * status holds. Method: random commands, the journals of the catalogue, and a small fabric of the engine.
 */
import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import { FABRIC_ACTORS, type FabricCommand } from '../../../../../src/lib/engine/contract/fabric-commands.ts';
import { FABRIC_CATALOGUE } from '../../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { readScenario } from '../../../../../src/lib/engine/contract/scenario/read.ts';
import { fabricEntries } from '../../../../../src/routes/play/fabric/entries.ts';
import { helpGroups, helpText } from '../../../../../src/routes/play/fabric/fabric-help.ts';
import { fabricLine, readFabricLine } from '../../../../../src/routes/play/fabric/lines.ts';
import { freeTag } from '../../../../../src/routes/play/fabric/panel-fields.ts';
import { fabricTracks } from '../../../../../src/routes/play/fabric/tracks.ts';
import { ask, fabricSimulation } from '../../../../support/fabric-worlds.ts';

const NAMES = { hosts: ['A', 'B'] };
const GIB = 2 ** 30;

describe('lines', () => {
	const word = fc.stringMatching(/^[a-z][a-z0-9:-]{0,20}$/);
	const value: fc.Arbitrary<unknown> = fc.letrec((tie) => ({
		any: fc.oneof(
			fc.boolean(),
			fc.maxSafeInteger(),
			fc.nat(2 ** 20).map((count) => count * 2 ** 20),
			fc.string({ maxLength: 24 }),
			fc.constantFrom('1234', '0x10', 'true', '3f9c', '16M', '-5', '', 'null', '[', '{"'),
			fc.array(tie('any'), { maxLength: 3 }),
			fc.dictionary(fc.stringMatching(/^[a-z]{1,6}$/), tie('any'), { maxKeys: 3 })
		)
	})).any;
	const command = fc.record({
		actor: fc.constantFrom(...FABRIC_ACTORS),
		at: word,
		execute: word.filter((text) => !text.includes('=')),
		arguments: fc.dictionary(fc.stringMatching(/^[a-z][a-z-]{0,10}$/), value, { minKeys: 1, maxKeys: 5 })
	});

	it('read back as the command they were made of', () => {
		fc.assert(
			fc.property(command, (random) => {
				const given = { name: 'fabric', ...random } as FabricCommand;
				expect(readFabricLine(fabricLine(given), 'fm', NAMES)).toEqual({ ok: true, command: given });
			})
		);
	});

	it('do so for every command of the catalogue', () => {
		let count = 0;
		for (const { scenario } of FABRIC_CATALOGUE) {
			const read = readScenario(scenario);
			if (!read.ok) throw new Error(read.detail);
			for (const { command: given } of read.value.journal) {
				if (given.name !== 'fabric') continue;
				count += 1;
				expect(readFabricLine(fabricLine(given as FabricCommand), 'fm', NAMES)).toEqual({ ok: true, command: given });
			}
		}
		expect(count).toBeGreaterThan(20);
	});

	it('are written in units that people read, and may leave out who speaks', () => {
		const given: FabricCommand = {
			name: 'fabric',
			actor: 'fm',
			at: 'mem0',
			execute: 'x',
			arguments: { length: 512 * 2 ** 20, tag: '1234' }
		};
		expect(fabricLine(given)).toBe('fm mem0 x length=512M tag="1234"');
		expect(readFabricLine('mem0 x length=512M', 'fm', NAMES)).toMatchObject({ command: { actor: 'fm', arguments: { length: 2 ** 29 } } });
		expect(readFabricLine('load tag=3f9c offset=0x40', 'A', NAMES)).toMatchObject({
			command: { actor: 'host', at: 'A', execute: 'load', arguments: { tag: '3f9c', offset: 64 } }
		});
	});

	it('say what is wrong', () => {
		const says = (line: string) => {
			const read = readFabricLine(line, 'fm', NAMES);
			return read.ok ? '' : read.says;
		};
		expect(says('mem0')).toContain('a command is');
		expect(says('mem0 x size')).toContain('"size" is no name=value');
		expect(says('mem0 x tag="a')).toContain('not closed');
		expect(says('{"execute"')).toContain('JSON');
		expect(says('{"arguments": {}}')).toBe("QMP input lacks member 'execute'");
		expect(
			readFabricLine('{"execute": "cxl-add-dynamic-capacity", "arguments": {"path": "/machine/peripheral/dcd0"}}', 'A', NAMES)
		).toMatchObject({
			command: { actor: 'host', at: 'A', execute: 'qmp', arguments: { execute: 'cxl-add-dynamic-capacity' } }
		});
	});
});

describe('the console', () => {
	const simulation = fabricSimulation({
		devices: [{ id: 'mem0', kind: 'sld', hosts: ['A'], regions: [{ bytes: GIB }] }],
		hosts: [{ id: 'A', windows: [{ baseHpa: 0x10_0000_0000, bytes: GIB, targets: ['mem0'] }] }]
	});
	const add: FabricCommand = {
		name: 'fabric',
		actor: 'fm',
		at: 'mem0',
		execute: 'initiate-dynamic-capacity-add',
		arguments: { host: 'A', length: 2 ** 28, tag: '3f9c' }
	};
	const journal = [{ atNs: 0, command: add }];
	expect(ask(simulation, 'fm', 'mem0', add.execute, { ...add.arguments }).says).toBe('');
	simulation.advance(100_000_000);
	const status = simulation.status();
	const fabric = status.fabric!;

	it('shows a command with what happened because of it, and forgets it when time goes back', () => {
		const said = { atNs: 50, after: 1, who: 'A', line: 'cxl list', text: '[]\n', status: 0, isAction: false, refused: null };
		const entries = fabricEntries(journal, [said], simulation.world.trace, status.nowNs);
		expect(entries.map((entry) => entry.line)).toEqual(['fm mem0 initiate-dynamic-capacity-add host=A length=256M tag=3f9c', 'cxl list']);
		expect(entries[0]?.text).toMatch(/mem0 offers 256\sMiB/);
		const refused = { ...said, atNs: 0, after: 1, line: 'typed', text: 'no\n', refused: entries[0]!.line };
		expect(fabricEntries(journal, [refused], simulation.world.trace, status.nowNs).map((entry) => [entry.line, entry.text])).toEqual([
			['typed', 'no\n']
		]);
		expect(fabricEntries([{ atNs: 10, command: add }], [said], simulation.world.trace, 5)).toEqual([]);
	});

	it('takes lines of the tools and of the monitor at a host as they are typed, and shows what they printed', () => {
		const line = 'daxctl reconfigure-device -m famfs dax0.0';
		const read = readFabricLine(line, 'A', NAMES);
		expect(read).toMatchObject({ ok: true, command: { actor: 'host', at: 'A', execute: 'shell', arguments: { line } } });
		const request = '{"execute":"query-memory-devices","arguments":{}}';
		const asked = readFabricLine(request, 'A', NAMES);
		if (!read.ok || !asked.ok) throw new Error('not read');
		expect([fabricLine(read.command), fabricLine(asked.command)]).toEqual([line, request]);
		const atNs = simulation.nowNs;
		for (const { command } of [read, asked])
			expect(ask(simulation, 'host', 'A', command.execute, { ...command.arguments } as Record<string, unknown>).says).toBe('');
		const entries = fabricEntries(
			[
				{ atNs, command: read.command },
				{ atNs, command: asked.command }
			],
			[],
			simulation.world.trace,
			atNs
		);
		expect(entries.map((entry) => [entry.who, entry.line])).toEqual([
			['A', line],
			['A', request]
		]);
		expect(entries[0]?.text).toContain('reconfigured 1 device\n[');
		expect(entries[1]?.text).toBe('{"return":[]}\n');
	});

	it('knows words of every kind by example, and each example is a line', () => {
		expect(helpText('mem0 x', fabric)).toBeNull();
		expect(helpText('help', fabric)).toContain('fabric manager');
		const lines = helpGroups(fabric).flatMap((group) => group.examples);
		for (const line of lines) if (!/^(cxl|daxctl) /.test(line)) expect(readFabricLine(line, 'fm', NAMES), line).toMatchObject({ ok: true });
	});

	it('puts plans, commands and messages on lanes', () => {
		const { lanes, bars } = fabricTracks(fabric, [...journal, { atNs: 10 ** 12, command: add }], status.nowNs, 5);
		expect(lanes).toEqual(['commands', 'messages']);
		expect(bars.filter((bar) => bar.lane === 'commands').map((bar) => bar.state)).toEqual(['done', 'coming']);
		expect(bars.filter((bar) => bar.lane === 'messages').length).toBe(fabric.messages.length);
	});

	it('proposes tags that nobody has', () => {
		const taken: string[] = [];
		for (let count = 0; count < 50; count += 1) {
			const tag = freeTag(taken);
			expect(taken).not.toContain(tag);
			expect(tag).toMatch(/^[0-9a-f]{4}$/);
			taken.push(tag);
		}
	});
});
