import { describe, expect, test } from 'vitest';
import {
	flushS,
	handOverDowntime,
	loadedLatencyNs,
	lostWorkS,
	pageMigrationRate,
	precopyConstantRate,
	slowdown
} from '$lib/engine/contract/closed-forms/index.ts';
import type { MigrationParameters } from '$lib/engine/contract/commands.ts';
import { defaultCosts } from '$lib/engine/contract/costs.ts';
import type { PhaseId } from '$lib/engine/contract/status.ts';
import type { Simulation } from '$lib/engine/index.ts';
import { difference, open, runCase, runToEnd } from './runs.ts';

/** The engine against the formulas of the cost model, on its own VM: 64 GiB, 8 vCPUs, 1 GB/s (cost model 3.1). */
const GIB = 1024 ** 3;
const costs = defaultCosts();
const PATIENCE_MS = 240_000;

interface Mover {
	readonly id: string;
	readonly from: 'A' | 'B';
	readonly bytes: number;
	readonly pages: 'thp' | '4k';
	readonly rateBytesPerSecond: number;
	readonly parameters?: MigrationParameters;
}

function transitOf(movers: readonly Mover[]): Simulation {
	const bytes = movers.reduce((sum, mover) => sum + mover.bytes, 0);
	const host = (id: string) => ({ id, dramBytes: bytes + 4 * GIB, normalBytes: GIB, windowBaseHpa: 2 ** 44 });
	return open({
		switchyard: 1,
		id: 'transit',
		title: 'Transit against F9 and F10',
		hosts: [host('A'), host('B')],
		pool: { bytes: bytes + 2 * GIB },
		vms: movers.map((mover) => ({
			id: mover.id,
			host: mover.from,
			bytes: mover.bytes,
			vcpus: 8,
			pages: mover.pages,
			workload: { kind: 'memory-muncher', rateBytesPerSecond: mover.rateBytesPerSecond, workingSetBytes: Math.min(4e9, mover.bytes) }
		})),
		untilNs: '120 s',
		journal: movers.map((mover) => ({
			atNs: 0,
			command: {
				name: 'migrate',
				vm: mover.id,
				target: mover.from === 'A' ? 'B' : 'A',
				strategy: 'transit',
				parameters: mover.parameters ?? {}
			}
		}))
	});
}

function phaseS(simulation: Simulation, id: PhaseId): number {
	const phase = simulation.status().operations[0]?.phases.find((candidate) => candidate.id === id);
	if (!phase || phase.endNs === null) throw new Error(`${id} did not end`);
	return (phase.endNs - phase.startNs) / 1e9;
}

const rate = (size: 'migratePages2mGBps' | 'migratePages4kGBps') =>
	pageMigrationRate({
		threads: 1,
		perThreadGBps: costs[size],
		deviceGBps: costs.cxlDeviceBandwidthGBps,
		hostLinkGBps: Math.min(costs.cxlHostLinkReadGBps, costs.cxlHostLinkWriteGBps)
	});

const downtime = (kind: 'qemu' | 'ideal') =>
	handOverDowntime(kind, {
		vcpus: 8,
		flushS: flushS({
			dirtyBytes: costs.dirtyLlcMiB * 1024 ** 2,
			vcpus: 8,
			perThreadGBps: costs.cacheFlushGBpsPerThread,
			hardwareCoherent: false
		}),
		switchoverFixedS: costs.switchoverFixedMs / 1e3,
		vcpuSaveRestoreS: costs.vcpuSaveRestoreUs / 1e6,
		doorbellS: costs.cxlDoorbellUs / 1e6
	});

const latencyAt = (utilisation: number) =>
	loadedLatencyNs({
		idleLatencyNs: costs.cxlSwitchedReadLatencyNs,
		queueServiceNs: costs.cxlQueueServiceNs,
		saturatedLatencyNs: costs.cxlSaturatedLatencyNs,
		utilisation
	});

describe('transit', () => {
	test.each([
		['thp', 64, 'ideal', 1e9],
		['thp', 8, 'qemu', 1e8],
		['4k', 8, 'ideal', 1e8]
	] as const)(
		'in %s pages, %i GiB: F10 per phase, F9 for the %s hand-over',
		(pages, gibibytes, handOver, rateBytesPerSecond) => {
			const bytes = gibibytes * GIB;
			const size = pages === 'thp' ? 'migratePages2mGBps' : 'migratePages4kGBps';
			const simulation = transitOf([{ id: 'vm0', from: 'A', bytes, pages, rateBytesPerSecond, parameters: { handOver } }]);
			runToEnd(simulation, 120);
			const operation = simulation.status().operations[0];
			expect(operation?.state).toBe('completed');
			const wanted = bytes / (rate(size) * 1e9);
			const gapS = (operation?.downtimeNs ?? 0) / 1e9;
			console.log(
				`${pages} ${handOver}: staging ${phaseS(simulation, 'staging').toFixed(4)} s, unstaging ${phaseS(simulation, 'unstaging').toFixed(4)} s, F10 ${wanted.toFixed(4)} s; downtime ${(gapS * 1e3).toFixed(4)} ms, F9 ${(downtime(handOver) * 1e3).toFixed(4)} ms`
			);
			expect(Math.abs(difference(phaseS(simulation, 'staging'), wanted))).toBeLessThan(0.01);
			expect(Math.abs(difference(phaseS(simulation, 'unstaging'), wanted))).toBeLessThan(0.01);
			expect(Math.abs(difference(gapS, downtime(handOver)))).toBeLessThan(0.005);
			expect(operation?.cxlBytes).toBe(2 * bytes);
			expect(operation?.networkBytes).toBe(0);
		},
		PATIENCE_MS
	);

	test(
		'loses the work of F3, with the latency of F1 while its own pages load the port',
		() => {
			const bytes = 16 * GIB;
			const simulation = transitOf([{ id: 'vm0', from: 'A', bytes, pages: 'thp', rateBytesPerSecond: 1e8 }]);
			const lostIn = (phase: PhaseId): number => {
				simulation.advance(120e9, Infinity, ({ r }) => r.operations[0]?.phase === phase);
				const before = simulation.status().vms[0]?.lostWorkNs ?? 0;
				simulation.advance(120e9, Infinity, ({ r }) => r.operations[0]?.phase !== phase);
				return ((simulation.status().vms[0]?.lostWorkNs ?? 0) - before) / 1e9;
			};
			const lost = lostIn('staging') + lostIn('unstaging');
			const durationS = (2 * bytes) / (rate('migratePages2mGBps') * 1e9);
			const at = (latencyNs: number) =>
				lostWorkS(
					durationS,
					slowdown({ memStallFraction: costs.memStallFraction, latencyNs, localLatencyNs: costs.localDramReadLatencyNs })
				);
			const loaded = at(latencyAt(rate('migratePages2mGBps') / costs.cxlDeviceBandwidthGBps));
			console.log(
				`lost ${lost.toFixed(4)} s; F3 ${loaded.toFixed(4)} s at the loaded latency, ${at(costs.cxlSwitchedReadLatencyNs).toFixed(4)} s at the idle one`
			);
			expect(Math.abs(difference(lost, loaded))).toBeLessThan(0.03);
		},
		PATIENCE_MS
	);
});

describe('the port of the pool under load, F1', () => {
	const idle = { bytes: 2 * GIB, pages: 'thp', rateBytesPerSecond: 0 } as const;
	const staging = (simulation: Simulation) =>
		simulation.advance(
			60e9,
			Infinity,
			({ r }) => r.operations.length > 0 && r.operations.every((operation) => operation.phase === 'staging' && operation.batch !== null)
		);
	const pool = (simulation: Simulation) => simulation.status().memories.find((memory) => memory.kind === 'pool');

	test('one mover of huge pages: 624 ns', () => {
		const simulation = transitOf([{ id: 'vm0', from: 'A', ...idle }]);
		expect(pool(simulation)?.loadedLatencyNs).toBe(600);
		staging(simulation);
		expect(pool(simulation)?.loadedLatencyNs).toBe(Math.floor(latencyAt(10.88 / 22.5)));
		expect(pool(simulation)?.loadedLatencyNs).toBe(623);
	});

	test('two movers share it, fill it and meet the cap', () => {
		const simulation = transitOf([
			{ id: 'vm0', from: 'A', ...idle },
			{ id: 'vm1', from: 'B', ...idle }
		]);
		staging(simulation);
		const port = simulation.status().links.find((link) => link.id === 'pool.port');
		expect(port?.loadBytesPerSecond).toBe(21_760_000_000);
		expect(latencyAt(21.76 / 22.5)).toBe(1200);
		expect(pool(simulation)?.loadedLatencyNs).toBe(1200);
		for (const flow of simulation.world.r.flows) expect(flow.rate).toBeLessThanOrEqual(11.25e9);
	});
});

describe('pre-copy of a writer that meets no page twice within a round', () => {
	test(
		'F5: 64 GiB, 2.9375 GB/s, 1 GB/s',
		() => {
			const memoryBytes = 64 * GIB;
			const guest = { memoryBytes, bandwidthGBps: 2.9375, dirtyGBps: 1, downtimeLimitS: 0.3 };
			const wanted = precopyConstantRate({ ...guest, switchoverFixedS: 0 });
			if (!wanted.converges) throw new Error('F5 does not converge');
			const run = runCase('F5', { ...guest, workingSetBytes: memoryBytes, writer: 'sequential' }, { untilS: 60 });
			console.log(
				`F5: ${run.totalS.toFixed(2)} s, ${(run.sentBytes / 1e9).toFixed(2)} GB; wanted ${wanted.totalS.toFixed(2)} s, ${(wanted.networkBytes / 1e9).toFixed(2)} GB`
			);
			expect(run.state).toBe('completed');
			expect(Math.abs(difference(run.totalS, wanted.totalS))).toBeLessThan(0.01);
			expect(Math.abs(difference(run.sentBytes, wanted.networkBytes))).toBeLessThan(0.01);
		},
		PATIENCE_MS
	);
});

describe('Clark’s memory muncher, MMuncher of 2005', () => {
	test('512 MB with 256 MB written all the time ends with the written set, at any limit it fits', () => {
		const run = runCase(
			'C05',
			{ memoryBytes: 512 * 1024 ** 2, bandwidthGBps: 0.0625, dirtyGBps: 0.5, workingSetBytes: 256e6, downtimeLimitS: 5 },
			{ untilS: 60 }
		);
		// Published: 222.5 MB of 256 MB in the last transfer, 3.5 s; here the whole set is dirty, 256 MB at 500 Mbit/s.
		expect(run.state).toBe('completed');
		expect(run.downtimeS).toBeGreaterThan(3.5 * 0.85);
		expect(run.downtimeS).toBeLessThan(5);
	});
});
