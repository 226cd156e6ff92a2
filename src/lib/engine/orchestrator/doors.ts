import {
	CUSTOMERS,
	DOORS,
	type Customer,
	type CustomerName,
	type Door,
	type DoorAnswer,
	type DoorName,
	type Want
} from '../contract/doors.ts';
import { emit } from '../sim/trace.ts';
import type { PeerRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import { findDax } from './dax.ts';

/** Takes a customer's capacity through a door and looks at what arrives in the guest. */
export function throughDoor(world: World, customer: CustomerName, door: DoorName): DoorAnswer {
	const asked: Customer = CUSTOMERS[customer];
	const way: Door = DOORS[door];
	// Wrong belief "the way in does not matter": it arrives as what it was outside.
	const blind = world.r.belief === 'door-keeps-all';
	const tag = way.keepsTag || blind ? `uuid of ${customer}` : null;
	const guestSees = blind ? 'dax' : way.guestSees;
	// One range has no order to lose.
	const ordered = way.keepsOrder || asked.extents === 1 || blind;
	const removal = blind ? 'guaranteed' : way.removal;
	const piece = Math.ceil(asked.bytes / asked.extents / way.granularityBytes) * way.granularityBytes;
	const destroysShared = asked.shared && guestSees === 'ram';
	const has: Readonly<Record<Want, boolean>> = {
		tag: tag !== null,
		dax: guestSees === 'dax',
		removal: removal === 'guaranteed',
		order: ordered,
		'one device': way.devices === 1,
		'small pieces': asked.bytes % way.granularityBytes === 0,
		'nothing new': !way.needsDriver && !way.needsSpecification,
		'no new specification': !way.needsSpecification
	};
	const missing = asked.wants.filter((want) => !has[want]);
	const satisfied = missing.length === 0 && !destroysShared;
	return {
		door,
		customer,
		guestSees,
		tag,
		ordered,
		removal,
		guestBytes: piece * asked.extents,
		devices: way.devices,
		missing,
		destroysShared,
		satisfied,
		says: satisfied
			? `${asked.title} is served through ${way.title}`
			: `${asked.title} lacks ${missing.join(', ') || 'its content'} behind ${way.title}${destroysShared ? '; the guest takes shared memory as RAM and destroys it' : ''}`
	};
}

/** "database=type3 micro-vm=virtio-mem": answers for each, or null when the words name nothing. */
export function readDoors(world: World, text: string): DoorAnswer[] | null {
	const answers: DoorAnswer[] = [];
	for (const word of text.split(/\s+/).filter((each) => each !== '')) {
		const [customer = '', door = ''] = word.split('=');
		if (!Object.hasOwn(CUSTOMERS, customer) || !Object.hasOwn(DOORS, door)) return null;
		answers.push(throughDoor(world, customer as CustomerName, door as DoorName));
	}
	return answers;
}

/** A host takes a DAX device into a VM, for one customer through one door; a customer has one at a time. */
export function takeIntoVm(
	world: World,
	peer: PeerRecord,
	customer: string,
	door: string,
	tag: string,
	cause: number | null
): { readonly ok: boolean; readonly says: string } {
	if (!Object.hasOwn(CUSTOMERS, customer)) return { ok: false, says: `a customer is one of ${Object.keys(CUSTOMERS).join(', ')}` };
	if (!Object.hasOwn(DOORS, door)) return { ok: false, says: `a door is one of ${Object.keys(DOORS).join(', ')}` };
	if (peer.state !== 'up') return { ok: false, says: `${peer.id} is ${peer.state}` };
	if (!findDax(peer, tag)) return { ok: false, says: `ENOENT: ${peer.id} has no DAX device with uuid ${tag}` };
	const { doors } = world.r.fabric;
	const record = { customer: customer as CustomerName, door: door as DoorName, host: peer.id, tag, atNs: world.r.nowNs };
	const before = doors.findIndex((each) => each.customer === customer && each.host === peer.id);
	if (before < 0) doors.push(record);
	else doors[before] = record;
	const answer = throughDoor(world, record.customer, record.door);
	emit(world, {
		kind: 'app',
		rule: 'door-into-vm',
		cause,
		host: peer.id,
		values: { customer, door, tag: answer.tag ?? 'none', sees: answer.guestSees },
		text: answer.says
	});
	return { ok: true, says: answer.says };
}
