import { describe, expect, it } from 'vitest';
import { isStopped, momentOf, stoppedNs } from '../../../../src/lib/viz/describe/moment.ts';
import { slotsOf, slotsWords } from '../../../../src/lib/viz/describe/host.ts';
import { waitingFor } from '../../../../src/lib/viz/describe/waiting.ts';
import { handOff, precopy, staging, unstaging } from '../../../../src/lib/viz/fixtures/moments.ts';
import { downtimeBudget } from '../../../../src/lib/viz/timeline/budget.ts';
import type { OperationStatus, WorldStatus } from '../../../../src/lib/engine/contract/status.ts';

const withOperation = (status: WorldStatus, change: Partial<OperationStatus>): WorldStatus => ({
	...status,
	operations: status.operations.map((operation) => ({ ...operation, ...change }))
});

describe('the length of the gap', () => {
	it('is one figure above the stage and in the bar, at every moment of the gap', () => {
		const { status } = handOff();
		const operation = status.operations[0]!;
		const vm = status.vms[0]!;
		const startNs = operation.downtime[0]!.startNs;
		for (const afterNs of [1, 400_000, 400_001, 3_000_000, 4_749_999]) {
			const nowNs = startNs + afterNs;
			// What the engine says at that moment: parts that have begun, their sum so far.
			const downtime = operation.downtime
				.filter((part) => part.startNs <= nowNs)
				.map((part) => (part.endNs !== null && part.endNs > nowNs ? { ...part, endNs: null } : part));
			const downtimeNs = downtime.reduce((sum, part) => sum + (part.endNs ?? nowNs) - part.startNs, 0);
			const then = { ...operation, downtime, downtimeNs };
			const bar = downtimeBudget(then, then, undefined, nowNs, isStopped(then, vm))!;
			expect(stoppedNs(then, vm, nowNs)).toBe(afterNs);
			expect(bar.spentNs).toBe(afterNs);
			expect(bar.tense).toBe('now');
		}
	});

	it('stands still when the guest runs again, although the migration goes on', () => {
		const { status } = unstaging();
		const operation = { ...status.operations[0]!, downtimeNs: 5_150_000 };
		expect(stoppedNs(operation, { vcpuState: 'running' }, status.nowNs)).toBe(5_150_000);
		expect(stoppedNs(operation, { vcpuState: 'running' }, status.nowNs + 1e9)).toBe(5_150_000);
	});

	it('says whose the VM is while nobody runs it', () => {
		const { status } = handOff();
		const before = {
			...withOperation(status, { phase: 'handoff' }),
			vms: status.vms.map((vm) => ({ ...vm, owner: 'A', vcpuState: 'saved' as const }))
		};
		expect(momentOf(before).sentence).toContain('still A’s');
	});
});

describe('slots', () => {
	it('are kept for vCPUs that may come, and for nobody after a cancel or a failure', () => {
		const { status } = staging();
		const target = status.hosts[1]!;
		expect(slotsWords(target, status)).toBe('slots kept for vCPU 0–3');
		for (const state of ['cancelled', 'failed'] as const) {
			const after = withOperation(status, { state, endNs: status.nowNs });
			expect(slotsWords(target, after)).toBe('no vCPU here');
			expect(slotsOf(target, after)).toEqual([]);
		}
		const moved = withOperation(unstaging().status, { state: 'completed' });
		expect(slotsWords(moved.hosts[0]!, moved)).toBe('slots free again');
	});
});

describe('a page that is held', () => {
	const waits = withOperation(staging().status, {
		retriedFolios: 3,
		batch: {
			direction: 'push',
			beginNs: 287_300_000,
			endNs: 287_500_000,
			firstGfn: 70_144,
			pages: 0,
			sourceMemory: 'dram-A',
			targetMemory: 'dram-A',
			sourceBlock: 0,
			targetBlock: 0
		}
	});
	it('is named, with who waits for it and how often it was tried', () => {
		expect(waitingFor(waits)).toMatchObject({ vm: 'vm0', gfn: 70_144, lastsNs: 200_000 });
		expect(waitingFor(waits)!.sentence).toMatch(/vm0 waits.*70,144.*3 retries/);
	});
	it('is nobody while pages are on their way, and after the end', () => {
		expect(waitingFor(staging().status)).toBeNull();
		expect(waitingFor(precopy().status)).toBeNull();
		expect(waitingFor(withOperation(waits, { state: 'failed' }))).toBeNull();
	});
});
