import { expect, it } from 'vitest';
import { THIN } from '../../../../src/lib/base/format.ts';
import { handOverKind, handOverNote, handOverOf } from '../../../../src/lib/viz/describe/hand-over.ts';
import { wireOf } from '../../../../src/lib/viz/describe/wire.ts';
import { CATALOGUE } from '../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { readScenario } from '../../../../src/lib/engine/contract/scenario/read.ts';

const scenario = (id: string) => {
	const read = readScenario(CATALOGUE.find((entry) => entry.id === id)!.scenario);
	if (!read.ok) throw new Error(read.detail);
	return read.value;
};

it('names the wire of every scenario of the catalogue', () => {
	expect(wireOf(2_937_500_000)).toEqual({
		line: '25 GbE',
		words: `25 GbE, 2.94${THIN}GB/s of goodput`
	});
	expect(wireOf(1_250_000_000)).toEqual({
		line: '10 GbE',
		words: `10 GbE, all of its 1.25${THIN}GB/s`
	});
	expect(wireOf(1_500_000_000).line).toBeNull();
	for (const entry of CATALOGUE) expect(wireOf(scenario(entry.id).networkBytesPerSecond).line).toMatch(/^\d+ GbE$/);
});

it('gives the ideal hand-off and the one with QEMU’s fixed costs, by the costs of the scenario', () => {
	const usual = handOverOf(scenario('two-hosts'), 4)!;
	// F9 by hand: 8 × 100 µs, 32 MiB over 4 × 1.93 GB/s, a doorbell of 1.06 µs; 20 ms instead of the vCPUs and the doorbell.
	const flushNs = ((32 * 2 ** 20) / (4 * 1.93e9)) * 1e9;
	expect(usual.idealNs).toBeCloseTo(800_000 + flushNs + 1_060, -2);
	expect(usual.qemuNs).toBeCloseTo(20e6 + flushNs, -2);
	const slower = handOverOf({ ...scenario('two-hosts'), costs: { switchoverFixedMs: 40 } }, 4)!;
	expect(slower.qemuNs - usual.qemuNs).toBe(20e6);
	expect(slower.idealNs).toBe(usual.idealNs);
	expect(handOverNote('transit', 'ideal', usual)).toContain(`24.3${THIN}ms`);
	expect(handOverNote('precopy', 'ideal', usual)).toBeNull();
});

it('knows which kind of switch-over the order told of asks for', () => {
	const order = (atNs: number, handOver?: 'ideal' | 'qemu') => ({
		atNs,
		command: {
			name: 'migrate' as const,
			vm: 'vm0',
			target: 'B',
			strategy: 'transit' as const,
			...(handOver ? { parameters: { handOver } } : {})
		}
	});
	const journal = [order(5), order(100, 'qemu')];
	expect(handOverKind(journal, 'vm0', 0)).toBe('ideal');
	expect(handOverKind(journal, 'vm0', 99)).toBe('ideal');
	expect(handOverKind(journal, 'vm0', 100)).toBe('qemu');
	expect(handOverKind([order(100, 'qemu')], 'vm0', 0)).toBe('qemu');
	expect(handOverKind(journal, 'vm1', 200)).toBe('ideal');
});
