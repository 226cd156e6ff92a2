import { describe, expect, it } from 'vitest';
import type { DeviceEndRecord } from '../../../../../src/lib/engine/state/vdpa-records.ts';
import { replayed, sendControl } from '../../../../../src/lib/engine/vdpa/queues/control.ts';
import { bendMap, changeAtOnce, nicWorld, type NicWorld } from '../../../../support/nic-world.ts';

const endOf = ({ nic }: NicWorld) => nic.ends[0] as DeviceEndRecord;
const controlOf = ({ nic }: NicWorld) => {
	const queue = nic.queues.find((one) => one.kind === 'control');
	if (!queue?.control) throw new Error('no control queue');
	return { queue, control: queue.control };
};

describe('the control queue', () => {
	it('is shadowed in an address space of its own where the device has a group for it, and its state is told at the start', () => {
		const made = nicWorld({ kind: 'mlx5' });
		const { queue, control } = controlOf(made);
		expect(queue.served).toBe('shadow');
		expect(endOf(made).rings.map((ring) => [ring.area, ring.asid])).toEqual([
			['out', 1],
			['status', 1],
			['driver', 1],
			['device', 1]
		]);
		expect(control).toMatchObject({ sent: 2, answered: 2, replayed: 2 });
		expect([queue.shadow.availIndex, queue.shadow.usedIndex, queue.shadow.freeCount]).toEqual([2, 2, queue.entries]);
	});

	it('is the guest’s own where the device has no group for it: nothing is told again', () => {
		const made = nicWorld({ kind: 'platform' });
		const { queue, control } = controlOf(made);
		expect(queue.served).toBe('guest');
		expect(control.replayed).toBe(0);
		expect(sendControl(made.world, made.nic, endOf(made), { addVlan: 7 })).toBe(true);
		expect(control).toMatchObject({ vlans: [7], sent: 1, answered: 1 });
	});

	it('replays one command per VLAN', () => {
		const made = nicWorld();
		const { control } = controlOf(made);
		for (const vlan of [5, 6, 6, 7]) expect(sendControl(made.world, made.nic, endOf(made), { addVlan: vlan })).toBe(true);
		expect(control.vlans).toEqual([5, 6, 7]);
		expect(replayed(control, 2)).toEqual(['mac', 'pairs', 'vlan', 'vlan', 'vlan']);
		const before = control.replayed;
		changeAtOnce(made, 'to-svq');
		expect(control.replayed - before).toBe(5);
	});

	it('gets no answer when its buffers are not mapped: the state stays as it was, and a replay says so', () => {
		const made = nicWorld();
		const { queue, control } = controlOf(made);
		bendMap(made, 0, null, 1);
		expect(sendControl(made.world, made.nic, endOf(made), { mac: 0x5254_0012_3456 })).toBe(false);
		expect(control.mac).toBe(0);
		expect(made.nic.faultCount).toBe(1);
		expect(queue.shadow.freeCount).toBe(queue.entries);
	});
});
