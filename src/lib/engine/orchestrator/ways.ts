import { hashText, mix32 } from '../../base/hash.ts';
import type { DeviceRecord, GdtEntry, GfdRecord, PeerRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';

/**
 * What decides whether hosts reach their memory, as numbers of 52 bits: equal numbers mean that nothing has changed since hosts
 * last looked. Asked after every message, timer and command, so nothing is put together as text here.
 */
class Sum {
	private low = 0x2545f491;
	private high = 0x9e3779b9;

	add(value: number): void {
		this.word(value >>> 0);
		if (value >= 2 ** 32) this.word(Math.floor(value / 2 ** 32) >>> 0);
	}

	copy(): Sum {
		const sum = new Sum();
		sum.low = this.low;
		sum.high = this.high;
		return sum;
	}

	private word(word: number): void {
		this.low = mix32(this.low, word, 0x51ed270b);
		this.high = mix32(this.high ^ this.low, word, 0xb5297a4d);
	}

	number(): number {
		return (this.high >>> 0) * 2 ** 20 + (this.low >>> 12);
	}
}

/** Everything beside the lists: links, hosts, bindings, tables of G-FAM devices. */
export function waysNumber(world: World): number {
	const { down, devices, peers } = world.r.fabric;
	const sum = new Sum();
	sum.add(down.length);
	for (const name of down) sum.add(hashText(name));
	for (const peer of peers) sum.add(peer.state === 'up' ? 0 : peer.state === 'silent' ? 1 : 2);
	for (const device of devices) {
		sum.add(device.present ? 1 : 0);
		for (const { host } of device.lds) sum.add(host === null ? 0 : hashText(host) + 1);
		const { gfd } = device;
		if (!gfd) continue;
		addGroups(sum, gfd);
		for (const { pid, groups } of gfd.access) {
			sum.add(pid);
			for (const group of groups) sum.add(group);
		}
		for (const { pid, entries } of gfd.decoders) {
			sum.add(pid);
			for (const entry of entries) addEntry(sum, entry);
		}
	}
	return sum.number();
}

function addGroups(sum: Sum, gfd: GfdRecord): void {
	for (const partition of gfd.partitions) {
		sum.add(partition.groups.length);
		for (const number of partition.groups) sum.add(number);
	}
}

function addEntry(sum: Sum, entry: GdtEntry): void {
	sum.add(entry.valid ? 1 : 0);
	sum.add(entry.hpaBase);
	sum.add(entry.dpaBase);
	sum.add(entry.bytes);
	sum.add(entry.interleave * 8 + entry.granularity);
	sum.add(entry.way);
}

/** For each host, by its index: what it can reach of a G-FAM device; −1 where it has no access at all. */
export function gfamNumbers(world: World, device: DeviceRecord, gfd: GfdRecord): number[] {
	const common = new Sum();
	const { list } = gfd;
	common.add(list.nextArrival);
	common.add(list.extentCount);
	common.add(device.present ? 1 : 0);
	for (const name of world.r.fabric.down) common.add(hashText(name));
	addGroups(common, gfd);
	const access = new Map(gfd.access.map((one) => [one.pid, one.groups]));
	const decoders = new Map(gfd.decoders.map((one) => [one.pid, one.entries]));
	return world.r.fabric.peers.map((peer: PeerRecord) => {
		const groups = access.get(peer.pid) ?? [];
		if (groups.length === 0 || list.extentCount === 0) return -1;
		const sum = common.copy();
		for (const group of groups) sum.add(group);
		for (const entry of decoders.get(peer.pid) ?? []) addEntry(sum, entry);
		return sum.number();
	});
}
