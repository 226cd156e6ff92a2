/**
 * Goal: what a vDPA device holds is told wherever pins are told, and page migration leaves it where it is.
 * Method: a VM with two devices that pin all of it; a VM whose device pins nothing at first and a stretch later.
 */
import { describe, expect, it } from 'vitest';
import { MIB, PAGE_BYTES } from '$lib/base/units.ts';
import { devicePinsByMemory, devicePinsOn } from '$lib/engine/hypervisor/device-pins.ts';
import { MIGRATE_PASSES, passesNeeded } from '$lib/engine/hypervisor/passes.ts';
import { pageAnswer } from '$lib/engine/queries/page.ts';
import type { Simulation } from '$lib/engine/index.ts';
import type { NicGuestRecord, NicRecord } from '$lib/engine/state/vdpa-records.ts';
import { worldPages } from '$lib/engine/vdpa/pages/world-pages.ts';
import { expectSound, host, migrate, open, settle, smallWorld, vm } from '../../../support/worlds.ts';

const PAGES = (128 * MIB) / PAGE_BYTES;

function withDevices(kinds: readonly string[], more: Record<string, unknown> = {}): Simulation {
	const roomy = { normalBytes: 256 * MIB };
	return open(
		smallWorld({
			hosts: [host('A', 512, roomy), host('B', 512, roomy)],
			vms: [vm('vm0', 'A', 128, { vdpa: { nics: kinds.map((kind, index) => ({ id: `nic${index}`, kind })) }, ...more })],
			untilNs: 20_000_000_000
		})
	);
}

describe('a VM that two devices have pinned', () => {
	const simulation = withDevices(['platform', 'platform']);
	const { world } = simulation;

	it('tells which device holds how many of some pages, the first one', () => {
		expect(devicePinsOn(world, 0, 0, PAGES)).toEqual({ nic: 'nic0', pages: PAGES });
		expect(devicePinsOn(world, 0, 700, 3)).toEqual({ nic: 'nic0', pages: 3 });
		expect(devicePinsOn(world, 0, PAGES, 512)).toBeNull();
	});

	it('counts a page once for each of them', () => {
		expect(devicePinsByMemory(world)).toEqual([2 * PAGES, 0, 0]);
		expect(simulation.status().memories.map((memory) => memory.longPins)).toEqual([2 * PAGES, 0, 0]);
		expect(world.r.vdpa.guests[0]?.pinnedPages).toEqual([2 * PAGES, 0]);
	});

	it('counts held ranges in the memories where they lie', () => {
		const held = withDevices(['sim']);
		const guest = held.world.r.vdpa.guests[0] as NicGuestRecord;
		const [section] = guest.sections;
		(held.world.r.vdpa.nics[0] as NicRecord).ends[0]?.kernel.heldRanges.push({
			hva: (section?.hva[0] ?? 0) + PAGE_BYTES,
			bytes: 1_000 * PAGE_BYTES
		});
		expect(devicePinsByMemory(held.world)).toEqual([1_000, 0, 0]);
	});

	it('shows a long pin on each page, and no pass of page migration moves one', () => {
		const answer = pageAnswer(world, 'vm0', 5);
		expect(answer.ok && answer.value.pins).toEqual([{ term: 'long', untilNs: null }]);
		expect(passesNeeded(world, 0, 5, 0, 1_000)).toBe(MIGRATE_PASSES);
	});

	it('cannot move by transit, and the refusal names the device and its pages', () => {
		expect(simulation.send(migrate('transit'))).toMatchObject({
			ok: false,
			reason: 'unmovable-page',
			detail: `nic0 holds ${PAGES} pages of vm0 by long-term pins; pre-copy would copy them`
		});
	});
});

describe('a VM whose device pins nothing', () => {
	it('has no pins', () => {
		const simulation = withDevices(['sim']);
		expect(devicePinsOn(simulation.world, 0, 0, PAGES)).toBeNull();
		expect(devicePinsByMemory(simulation.world)).toEqual([0, 0, 0]);
	});

	it('does not leave its host by reference all the same: nobody opens a device at the target', () => {
		expect(withDevices(['sim']).send(migrate('transit'))).toMatchObject({ ok: false, reason: 'migration-blocked' });
	});

	it.each(['thp', '4k'])('stays at home when pages of it are pinned while they go out to the pool (%s pages)', (pages) => {
		const simulation = withDevices(['sim'], { pages });
		const { world } = simulation;
		expect(simulation.send({ name: 'rack', execute: 'push-out', vm: 'vm0' }).ok).toBe(true);
		const guest = world.r.vdpa.guests[0] as NicGuestRecord;
		const { kernel } = (world.r.vdpa.nics[0] as NicRecord).ends[0] ?? { kernel: null };
		const section = guest.sections[0];
		if (!kernel || !section) throw new Error('the device is not there');
		const hva = section.hva[0] + 16_385 * PAGE_BYTES;
		expect(worldPages(world, guest, 0).pin(hva, 2 * PAGE_BYTES).ok).toBe(true);
		kernel.heldRanges.push({ hva, bytes: 2 * PAGE_BYTES });
		guest.pinnedPages[0] += 2;
		expect(settle(simulation)).toBe(true);
		expect(world.r.operations[0]).toMatchObject({ state: 'failed', reason: 'unmovable-page' });
		expect(simulation.status().vms[0]?.runsOn).toBe('A');
		expect(devicePinsByMemory(world)).toEqual([2, 0, 0]);
		expectSound(simulation);
	});
});
