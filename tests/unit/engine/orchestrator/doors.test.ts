import { describe, expect, it } from 'vitest';
import { CUSTOMERS, DOORS, type CustomerName, type DoorName } from '../../../../src/lib/engine/contract/doors.ts';
import { throughDoor } from '../../../../src/lib/engine/orchestrator/doors.ts';
import { heads } from '../../../support/fabric.ts';

const through = (customer: CustomerName, door: DoorName, belief?: string) =>
	throughDoor(heads(['w'], {}, {}, {}, belief ? { belief } : {}).world, customer, door);

describe('three doors into the VM', () => {
	it('drop the tag at hot-plug and at virtio-mem as they are, and keep it at the emulated device', () => {
		const kept = (Object.keys(DOORS) as DoorName[]).filter((door) => through('database', door).tag !== null);
		expect(kept).toEqual(['hotplug+tag', 'virtio-mem+tag', 'type3']);
	});

	it('serve each customer by another choice, and none serves all of them', () => {
		const served = (door: DoorName) => (Object.keys(CUSTOMERS) as CustomerName[]).filter((customer) => through(customer, door).satisfied);
		expect(served('type3')).toEqual(['database', 'shared-data', 'nested-vm']);
		expect(served('virtio-mem')).toEqual(['micro-vm']);
		expect(served('hotplug')).toEqual([]);
		for (const door of Object.keys(DOORS) as DoorName[]) expect(served(door).length).toBeLessThan(4);
	});

	it('destroy shared data where the guest takes it as RAM', () => {
		expect(through('shared-data', 'hotplug').destroysShared).toBe(true);
		expect(through('shared-data', 'type3').destroysShared).toBe(false);
	});

	it('round up to what the door is made of', () => {
		expect(through('micro-vm', 'virtio-mem').guestBytes).toBe(96 * 1024 ** 2);
		expect(through('micro-vm', 'hotplug').guestBytes).toBe(128 * 1024 ** 2);
	});

	it('do not matter to somebody who believes that the way in does not matter', () => {
		expect(through('database', 'hotplug', 'door-keeps-all').satisfied).toBe(true);
	});
});
