import { formatAddress } from '../../base/address.ts';
import type { FabricThing, FindAnswer } from '../contract/queries.ts';
import { findExtent } from '../fabric/dcd/tree.ts';
import type { World } from '../state/world.ts';

type Hit = FindAnswer['hits'][number];

/** Things of a fabric by name, tags by their beginning, and what lies at a device address. */
export function findInFabric(world: World, wanted: string, address: number | null): Hit[] {
	const { fabric } = world.r;
	const hits: Hit[] = [];
	const add = (label: string, thing: FabricThing, id: string): void => {
		hits.push({ label, object: { type: 'fabric', thing, id }, memory: null, block: null, atNs: null });
	};
	const is = (...names: string[]): boolean => names.some((name) => name.toLowerCase() === wanted);
	for (const peer of fabric.peers) if (is(peer.id, `host ${peer.id}`)) add(`host ${peer.id}`, 'host', peer.id);
	for (const device of fabric.devices) if (is(device.id, `device ${device.id}`)) add(`device ${device.id}`, 'device', device.id);
	for (const one of fabric.switches) if (is(one.id, `switch ${one.id}`)) add(`switch ${one.id}`, 'switch', one.id);
	for (const app of fabric.apps) if (is(app.id)) add(`program ${app.id} on ${app.host}`, 'app', app.id);
	for (const peer of fabric.peers) for (const dax of peer.dax) if (is(dax.id)) add(`${dax.id} of ${peer.id}`, 'dax', dax.id);
	const bare = wanted.replace(/^tag\s+/, '');
	for (const { tag, device } of fabric.tags)
		if (bare !== '' && (tag.toLowerCase() === bare || (bare.length >= 4 && tag.toLowerCase().startsWith(bare))))
			add(`tag ${tag} on ${device}`, 'tag', tag);
	if (address !== null)
		for (const [device, record] of fabric.devices.entries())
			for (const [ld, logical] of record.lds.entries()) {
				if (logical.host === null) continue;
				const row = findExtent(world, device, ld, address);
				if (row >= 0) add(`extent of ${logical.host} at device address ${formatAddress(address)} of ${record.id}`, 'extent', String(row));
			}
	return hits;
}
