import { describe, expect, it } from 'vitest';
import type { MachineStatus } from '../../../../src/lib/engine/contract/machine-status.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import { typed } from '../../../support/console.ts';
import { machine, THREE_NODES, VIRTIO_MEM } from '../../../support/machines.ts';

const statusOf = (simulation: Simulation): MachineStatus => {
	const [status] = simulation.status().machines;
	if (!status) throw new Error('there is no machine');
	return status;
};
const sum = (values: readonly number[]): number => values.reduce((total, value) => total + value, 0);

/** A machine with every sort of page in use. */
function busy(forceDetail: boolean): Simulation {
	const simulation = machine(VIRTIO_MEM, 'memhp_default_state=online_movable', { forceDetail });
	typed(simulation, 'qom-set vm0 requested-size 320M');
	simulation.advance(simulation.nowNs + 5e9);
	for (const line of [
		'p0: map a 40M',
		'p0: touch a',
		'p0: map b 5M',
		'p0: nothp b',
		'p0: touch b',
		'p0: mapshared s 3M',
		'p0: touch s',
		'p0: mapsecure x 1M',
		'p0: touch x',
		'p0: mlock s',
		'p0: vmsplice b 64K',
		'p0: pin a 2M',
		'p0: pipefill 256K',
		'p0: fork',
		'qom-set vm0 requested-size 300M'
	])
		typed(simulation, line);
	simulation.advance(simulation.nowNs + 2e9);
	return simulation;
}

describe('the status of a machine', () => {
	it('has nodes, zones and memory blocks of a machine at boot', () => {
		const status = statusOf(machine(THREE_NODES, 'memhp_default_state=offline'));
		expect(status.nodes.map((node) => [node.id, node.cpus, node.online, node.tier])).toEqual([
			[0, [0, 1], true, 4],
			[1, [], true, 4],
			[2, [], false, null]
		]);
		expect(status.nodes[0]?.distances).toEqual([10, 20, 30]);
		expect(status.nodes[0]?.fallback).toEqual(['0 DMA32', '0 DMA', '1 DMA32']);
		expect(status.nodes[1]?.fallback).toEqual(['1 DMA32', '0 DMA32', '0 DMA']);
		const populated = status.nodes.flatMap((node) =>
			node.zones
				.filter((zone) => zone.presentPages > 0)
				.map((zone) => `${node.id} ${zone.name} ${zone.spannedPages} ${zone.presentPages} ${zone.managedPages}`)
		);
		expect(populated).toEqual(['0 DMA 4095 3998 3840', '0 DMA32 126976 126976 114084', '1 DMA32 131040 131040 111813']);
		expect(status.memoryBlocks.map((block) => `${block.id} ${block.node} ${block.zone} ${block.state}`)).toEqual([
			'0 0 none online',
			...[1, 2, 3].map((id) => `${id} 0 DMA32 online`),
			...[4, 5, 6, 7].map((id) => `${id} 1 DMA32 online`)
		]);
		expect(status.memoryBlockBytes).toBe(2 ** 27);
	});

	it('counts the tries of a walk while it still waits', () => {
		const simulation = machine(VIRTIO_MEM, 'memhp_default_state=online_movable');
		typed(simulation, 'qom-set vm0 requested-size 128M');
		simulation.advance(simulation.nowNs + 5e9);
		const block = statusOf(simulation).memoryBlocks.find((one) => one.device === 'vm0');
		for (const line of ['p0: map a 4M', 'p0: nothp a', 'p0: touch a', 'p0: vmsplice a 4K']) typed(simulation, line);
		const holder = statusOf(simulation).held[0]?.runs[0]?.[0] ?? -1;
		expect(Math.floor(holder / 32768)).toBe(block?.id);
		simulation.send({ name: 'write-file', machine: 'm', path: `/sys/devices/system/memory/memory${block?.id}/state`, value: 'offline' });
		const triesAfter = (seconds: number): number => {
			simulation.advance(simulation.nowNs + seconds * 1e9);
			const call = statusOf(simulation).calls.find((one) => one.state === 'running');
			expect(call?.waitingFor).toMatch(/held by an extra reference/);
			return call?.tries ?? -1;
		};
		const early = triesAfter(1);
		expect(early).toBeGreaterThan(0);
		expect(triesAfter(1)).toBeGreaterThan(early);
	});

	it.each([false, true])('adds up in every zone and block (all blocks in rows: %s)', (forceDetail) => {
		const simulation = busy(forceDetail);
		const status = statusOf(simulation);
		const zones = status.nodes.flatMap((node) => node.zones);
		for (const zone of zones) {
			const chunks = zone.freeChunks.flatMap((counts) => counts.map((count, order) => count * 2 ** order));
			expect(sum(chunks), zone.name).toBe(zone.freePages);
		}
		expect(sum(status.memoryBlocks.map((block) => block.freePages))).toBe(sum(zones.map((zone) => zone.freePages)));
		expect(sum(status.memoryBlocks.map((block) => block.heldPages))).toBe(sum(zones.map((zone) => zone.heldPages)));
		expect(sum(status.memoryBlocks.map((block) => block.kernelPages))).toBe(sum(zones.map((zone) => zone.kernelPages)));
		const offline = sum(status.memoryBlocks.map((block) => block.offlinePages));
		const secure = 256;
		for (const zone of zones) expect(zone.managedPages).toBeLessThanOrEqual(zone.presentPages);
		expect(sum(zones.map((zone) => zone.freePages + zone.movablePages + zone.kernelPages)) + secure + offline).toBe(
			sum(zones.map((zone) => zone.presentPages))
		);
	});

	it('names what is held, and by whom', () => {
		const status = statusOf(busy(false));
		expect(status.held.map((held) => `${held.process} ${held.term} ${sum(held.runs.map(([, pages]) => pages))}`).sort()).toEqual([
			'p0 get 16',
			'p0 locked 768',
			'p0 long 512',
			'p0 secure 256'
		]);
		// A long-term pin leaves ZONE_MOVABLE, secret memory never enters it.
		const movable = status.nodes[0]?.zones.find((zone) => zone.name === 'MOVABLE');
		expect(movable?.heldPages).toBe(16);
		const areas = status.processes.find((process) => process.id === 'p0')?.areas ?? [];
		expect(
			areas.filter((area) => area.kind !== 'kernel').map((area) => `${area.name} ${area.kind} ${area.residentPages} ${area.heldPages}`)
		).toEqual(['a anonymous 10240 512', 'b anonymous 1280 16', 's shared 768 0', 'x secure 256 256', expect.stringMatching(/pipe/)]);
	});

	it('tells a virtio-mem device with its blocks', () => {
		const device = statusOf(busy(false)).virtioMems[0];
		expect(device).toMatchObject({
			id: 'vm0',
			mode: 'sbm',
			driver: 'bound',
			regionBytes: 2 ** 31,
			requestedBytes: 300 * 2 ** 20,
			pluggedBytes: 300 * 2 ** 20,
			usableBytes: 576 * 2 ** 20
		});
		expect(device?.blocks.map((block) => `${block.id} ${block.state} ${JSON.stringify(block.pluggedSubBlocks)}`)).toEqual([
			'32 MOVABLE [[0,64]]',
			'33 MOVABLE [[0,64]]',
			'34 MOVABLE_PARTIAL [[0,22]]'
		]);
	});

	it('keeps running calls and the last twenty that ended', () => {
		const simulation = machine();
		for (let at = 0; at < 25; at += 1) typed(simulation, `p0: map a${at} 4K`);
		const { calls } = statusOf(simulation);
		expect(calls).toHaveLength(20);
		expect(calls.at(-1)).toMatchObject({ actor: 'p0', text: 'map a24 4K', state: 'done', errno: null });
	});
});
