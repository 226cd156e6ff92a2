import type { LinkState } from '../../src/lib/client/permalink.ts';
import { ByteWriter } from '../../src/lib/client/link/bytes.ts';
import { journalOf } from '../../src/lib/client/link/journal-shape.ts';
import { primed } from '../../src/lib/client/link/primer.ts';
import { RangeEncoder } from '../../src/lib/client/link/range-coder.ts';
import { SCENARIO_SHAPES } from '../../src/lib/client/link/scenario-shape.ts';
import { writeView } from '../../src/lib/client/link/view-shape.ts';

type Loose = Record<string, unknown>;

/**
 * A payload written by the grammar of the format, from a state in which one thing is wrong: bytes that another program, or
 * somebody with intent, could make. `below` draws from the test's random stream.
 */
export function loosePayload(state: LinkState, below: (count: number) => number): Uint8Array {
	const coder = new RangeEncoder(primed());
	const out = new ByteWriter(coder.put);
	const wrong = below(24);
	const is = (what: number): boolean => wrong === what;

	out.part = 'head';
	out.count(is(0) ? 0 : is(1) ? below(1000) : state.modelVersion);
	const worlds = is(2) ? [] : state.worlds.slice(0, 1);
	out.count(is(3) ? 5 + below(100) : worlds.length);
	for (const world of worlds) {
		out.part = 'source';
		if (is(4)) out.count(8 + below(50));
		else if (is(5)) out.count(3);
		else if (is(6) || is(7)) {
			out.count(0);
			out.name(is(6) ? `gone-${below(9)}` : 'two-hosts');
			out.raw(Uint8Array.of(below(256), below(256)));
		} else out.count(2 + (is(8) ? 4 : 0));
		if (!is(6) && !is(7)) SCENARIO_SHAPES['1'].write(out, looseScenario(world.scenario as Loose, wrong, below), undefined);
		out.part = 'belief';
		if (is(8)) out.name(['Not A Belief', '<b>', '__proto__', 'x'.repeat(60)][below(4)] as string);
		out.part = 'prefix';
		out.count(is(9) ? 2 * (1 + below(1e6)) + 2 * 2000 : 0);
		const entries = is(10)
			? [
					{ atNs: 2 ** 53 - 2, command: { name: 'migrate-cancel', vm: 'vm0' } },
					{ atNs: 2 ** 53 - 1, command: { name: 'migrate-cancel', vm: 'not a name!' } }
				]
			: is(11)
				? world.journal
						.map((entry) => ({ ...entry, command: { name: 'plant', fault: '<img onerror>' } }))
						.concat({ atNs: 2 ** 50, command: { name: 'plant', fault: '' } })
				: world.journal;
		journalOf('1').write(out, entries, undefined);
	}
	out.part = 'position';
	out.quantity(is(12) ? 2 ** 52 : state.positionNs % 2 ** 20);
	const view: number[] = [];
	writeView(new ByteWriter((byte) => view.push(byte)), is(13) ? { ...state.view, speedIndex: 9 + below(100) } : state.view);
	if (is(14)) view[below(view.length)] = below(256);
	if (is(15)) view.push(below(256));
	if (is(16)) view.pop();
	out.part = 'view';
	out.count(is(17) ? 5000 : view.length);
	for (const byte of view) out.byte(byte);
	out.part = 'fingerprint';
	for (const _ of worlds) {
		if (is(18)) out.byte(2 + below(200));
		else out.yesOrNo(false);
	}
	if (is(19)) for (let times = 8 + below(20); times > 0; times -= 1) out.raw(Uint8Array.of(1 + below(255)));
	const bytes = coder.done();
	return is(20) ? bytes.slice(0, Math.max(1, below(bytes.length))) : bytes;
}

function looseScenario(scenario: Loose, wrong: number, below: (count: number) => number): Loose {
	const hosts = scenario.hosts as Loose[];
	const vms = scenario.vms as Loose[];
	const change = (list: Loose[], changes: Loose) => {
		const at = below(list.length);
		return list.map((item, index) => (index === at ? { ...item, ...changes } : item));
	};
	if (wrong === 21) return { ...scenario, switchyard: 2 + below(5) };
	if (wrong === 22)
		switch (below(7)) {
			case 0:
				return { ...scenario, hosts: [] };
			case 1:
				return { ...scenario, vms: change(vms, { host: 'nowhere' }) };
			case 2:
				return { ...scenario, hosts: [...hosts, hosts[0]] };
			case 3:
				return { ...scenario, vms: change(vms, { bytes: below(2 ** 30) }) };
			case 4:
				return { ...scenario, id: '9 lives' };
			case 5:
				return { ...scenario, hosts: change(hosts, { windowBaseHpa: below(2 ** 30) }) };
			default:
				return { ...scenario, seed: 2 ** 40, descriptorLimit: 0 };
		}
	if (wrong === 23) {
		// Cheap to pack, many to unpack: the bound on unpacked bytes.
		const pins = Array.from({ length: 4000 }, () => ({ gfn: 1, term: 'short' }));
		return {
			...scenario,
			vms: Array.from({ length: 20 }, (_, index) => ({
				...vms[0],
				id: `v${index}`,
				pins: index % 2 ? pins : pins.slice(1)
			}))
		};
	}
	return scenario;
}
