/**
 * Goal: the guest of the comparison opens as a world under every strategy that its device can use, and its formula speaks of the same
 * guest. Method: every device and strategy through the reader of scenarios; one small guest on the engine.
 */
import { describe, expect, it } from 'vitest';
import { readScenario } from '../../../../../src/lib/engine/contract/scenario/read.ts';
import { SWITCH_STRATEGIES, type SwitchStrategyId } from '../../../../../src/lib/engine/contract/vdpa/choice.ts';
import { DEVICE_KINDS, type DeviceKind } from '../../../../../src/lib/engine/contract/vdpa/kinds.ts';
import {
	publishedSwitch,
	SWITCH_MOMENTS,
	switchInput,
	switchScenario,
	unmetFor,
	type SwitchGuest
} from '../../../../../src/lib/engine/contract/vdpa/switch-world.ts';
import { Simulation } from '../../../../../src/lib/engine/index.ts';

const STRATEGIES = Object.keys(SWITCH_STRATEGIES) as SwitchStrategyId[];
const guest: SwitchGuest = { gib: 2, pages: '4k', kind: 'mlx5', preset: 'seed2023' };

describe('the world of the comparison', () => {
	it('is a scenario for every device and every strategy that it can use', () => {
		for (const kind of Object.keys(DEVICE_KINDS) as DeviceKind[])
			for (const id of STRATEGIES) {
				if (unmetFor({ ...guest, kind }, id).length > 0) continue;
				const read = readScenario(switchScenario({ ...guest, kind }, id));
				expect(read.ok, `${kind} ${id}: ${read.ok ? '' : read.detail}`).toBe(true);
			}
	});

	it('can be used on the device of the lessons under every strategy that has no unmet need, and says what else lacks', () => {
		for (const id of STRATEGIES) expect(unmetFor(guest, id), id).toEqual([]);
		expect(unmetFor({ ...guest, kind: 'platform' }, 'own-asid')).toContain('two-spaces');
	});

	it.each([
		['full-remap', '4k'],
		['full-remap', 'thp'],
		['own-asid', 'thp']
	] as const)('costs under %s with pages of %s what the formula says, within a hundredth', (id, pages) => {
		const world: SwitchGuest = { ...guest, pages };
		const opened = Simulation.open({ scenario: switchScenario(world, id), limitBytes: 2e9 });
		if (!opened.ok) throw new Error(opened.detail);
		const simulation = opened.value;
		simulation.advance(20e9);
		const changes = simulation.status().vdpa?.nics[0]?.changes ?? [];
		const change = changes.find((one) => one.kind === 'to-svq');
		const simulated = Object.values(change?.parts ?? {}).reduce((sum, ns) => sum + ns, 0);
		const { ns } = SWITCH_MOMENTS['to-svq'].formula(switchInput(world, id));
		expect(Math.abs(simulated - ns) / ns).toBeLessThan(0.01);
		expect(simulation.status().operations[0]?.state).toBe('completed');
	});

	it('has published figures for 128 GiB on such a device, backed as it was, only', () => {
		expect(publishedSwitch({ ...guest, gib: 128 }, 'full-remap')).toMatch(/published/);
		expect(publishedSwitch(guest, 'full-remap')).toBeNull();
		expect(publishedSwitch({ ...guest, gib: 128, pages: 'thp' }, 'full-remap')).toBeNull();
		expect(publishedSwitch({ ...guest, gib: 128, kind: 'platform' }, 'full-remap')).toBeNull();
	});
});
