/**
 * Goal: the CXL scenarios of the catalogue show what their texts say. Method: each runs whole in Node, statements hold, and the values
 * of its calls are compared.
 */
import { describe, expect, it } from 'vitest';
import { CXL_SCENARIOS } from '../../src/lib/engine/contract/scenario/catalogue/cxl/index.ts';
import { Simulation } from '../../src/lib/engine/index.ts';

interface Value {
	readonly rc?: number;
	readonly messages?: readonly string[];
	readonly json?: unknown;
	readonly ret?: number;
	readonly errno?: string;
}

function whole(id: string): { simulation: Simulation; values: (machine: string) => Value[] } {
	const found = CXL_SCENARIOS.find((each) => each.id === id);
	if (!found) throw new Error(`no scenario ${id}`);
	const opened = Simulation.open({ scenario: found.scenario, limitBytes: 2 ** 32 });
	if (!opened.ok) throw new Error(`${id}: ${opened.detail}`);
	const simulation = opened.value;
	simulation.advance(simulation.world.scenario.untilNs);
	expect(simulation.check().checks.filter((each) => !each.holds)).toEqual([]);
	const values = (machine: string): Value[] => {
		const os = simulation.world.r.oses.findIndex((record) => record.id === machine);
		return simulation.world.r.calls
			.filter((call) => call.os === os && (call.kind === 'shell' || call.kind === 'process'))
			.map((call) => call.value as Value);
	};
	return { simulation, values };
}

describe('CXL scenarios', () => {
	it('c1: one order is refused, the other becomes a region of 1 GiB in four ways', () => {
		const { simulation, values } = whole('c1-two-bridges');
		const [wrong, right] = values('guest');
		expect(wrong).toMatchObject({ rc: 1 });
		expect(wrong?.messages?.[0]).toMatch(/failed to set target1 to mem3$/);
		expect(right).toMatchObject({ rc: 0, json: { size: 2 ** 30, interleave_ways: 4, interleave_granularity: 8192 } });
		expect(simulation.status().machines[0]?.memoryBlocks.filter((block) => block.node === 1 && block.state === 'online')).toHaveLength(8);
	});

	it('c2: four ways, then two, below the switch', () => {
		const [four, , gone, two] = whole('c2-switch').values('guest');
		expect(four).toMatchObject({ rc: 0, json: { interleave_ways: 4, interleave_granularity: 4096 } });
		expect(gone).toMatchObject({ rc: 0 });
		expect(two).toMatchObject({ rc: 0, json: { interleave_ways: 2, size: 2 ** 29 } });
	});

	it('c3: every step of a life', () => {
		const values = whole('c3-life-of-a-region').values('guest');
		expect(values.map((value) => value.rc ?? value.errno)).toEqual([0, 0, 'OK', 'OK', 'OK', 1, 0, 'OK', 'OK', 'OK', 0, 0, 0]);
		expect(values[9]).toMatchObject({ ret: 0 });
	});

	it('c4: the block stays, with the pin and without it; force leaves it behind', () => {
		const { simulation, values } = whole('c4-pinned');
		const shells = values('guest').filter((value) => value.rc !== undefined);
		expect(shells.map((value) => value.rc)).toEqual([0, 240, 240, 1, 0]);
		expect(shells[4]?.messages?.some((line) => line.includes('permanently leaked'))).toBe(true);
		expect(simulation.status().machines[0]?.memoryBlocks.some((block) => block.node === 1 && block.state === 'online')).toBe(true);
	});

	it('c5: what one writes the other reads', () => {
		const checks = whole('c5-one-file')
			.values('right')
			.filter((value) => (value as { op?: string }).op === 'check')
			.map((value) => value.ret);
		expect(checks).toEqual([1024, 0, 512]);
	});
});
