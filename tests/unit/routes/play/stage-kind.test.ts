/** Goal: every part of a world can be brought on the stage, and a wish for a part that it has not shows its first. */
import { describe, expect, it } from 'vitest';
import type { WorldStatus } from '../../../../src/lib/engine/contract/status.ts';
import { stageKind, stageKinds } from '../../../../src/routes/play/stage-kind.ts';

const world = (vms: number, machines: number, fabricHosts: number | null, nics = 0): WorldStatus =>
	({
		vms: Array.from({ length: vms }, () => ({})),
		vdpa: nics === 0 ? null : { guests: [], nics: Array.from({ length: nics }, () => ({})) },
		machines: Array.from({ length: machines }, () => ({})),
		fabric: fabricHosts === null ? null : { hosts: Array.from({ length: fabricHosts }, () => ({})) }
	}) as unknown as WorldStatus;

describe('the stage of a world', () => {
	it('has what the world has, in a lasting order', () => {
		expect(stageKinds(world(1, 0, null))).toEqual(['vms']);
		expect(stageKinds(world(0, 2, null))).toEqual(['machine']);
		expect(stageKinds(world(0, 0, 2))).toEqual(['fabric']);
		expect(stageKinds(world(1, 1, 1))).toEqual(['vms', 'machine', 'fabric']);
		expect(stageKinds(world(0, 0, 0))).toEqual(['vms']);
		expect(stageKinds(undefined)).toEqual(['vms']);
	});
	it('is about network devices where its VMs have some', () => {
		expect(stageKinds(world(1, 0, null, 1))).toEqual(['vms', 'nic']);
		expect(stageKind(world(1, 0, null, 1))).toBe('nic');
		expect(stageKind(world(1, 1, null, 1), 'vms')).toBe('vms');
		expect(stageKind(world(1, 1, null), 'nic')).toBe('vms');
	});
	it('shows the wanted part where there is one', () => {
		expect(stageKind(world(1, 1, null))).toBe('vms');
		expect(stageKind(world(1, 1, null), 'machine')).toBe('machine');
		expect(stageKind(world(1, 1, null), 'fabric')).toBe('vms');
		expect(stageKind(world(0, 1, null), 'vms')).toBe('machine');
	});
});
