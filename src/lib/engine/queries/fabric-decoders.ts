import type { FabricDeviceStatus, FabricLogicalDeviceStatus } from '../contract/fabric-status.ts';
import { dpaBases } from '../fabric/address/decoders.ts';
import { granularityBytes, waysOfCode, powerOfTwo } from '../fabric/address/encoding.ts';
import { MOST_GDT_ENTRIES } from '../fabric/gfd/decode.ts';
import type { DeviceRecord, LogicalDeviceRecord, RegionRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';

/** Committed decoders of a logical device, and the tables of a G-FAM device, as the page shows them. */
export function decoderStatus(ld: LogicalDeviceRecord): FabricLogicalDeviceStatus['decoders'] {
	const bases = dpaBases(ld.decoders);
	return ld.decoders.flatMap((decoder, index) =>
		decoder.committed
			? [
					{
						baseHpa: decoder.baseHpa,
						bytes: decoder.bytes,
						ways: waysOfCode(decoder.ways),
						granularity: granularityBytes(decoder.granularity),
						position: decoder.position,
						baseDpa: bases[index] as number
					}
				]
			: []
	);
}

export function gfdStatus(
	world: World,
	device: DeviceRecord,
	region: (one: RegionRecord) => FabricDeviceStatus['lds'][number]['regions'][number]
): FabricDeviceStatus['gfd'] {
	const { gfd } = device;
	if (!gfd) return null;
	const names = new Map(world.r.fabric.peers.map((peer) => [peer.pid, peer.id]));
	const hostOf = (pid: number): string => names.get(pid) ?? `0x${pid.toString(16)}`;
	return {
		pid: gfd.pid,
		partitions: gfd.partitions.map(region),
		decoders: gfd.decoders.flatMap(({ pid, entries }) =>
			entries.slice(0, MOST_GDT_ENTRIES).flatMap((entry) =>
				entry.valid
					? [
							{
								host: hostOf(pid),
								pid,
								hpaBase: entry.hpaBase,
								dpaBase: entry.dpaBase,
								bytes: entry.bytes,
								ways: powerOfTwo(entry.interleave),
								granularity: granularityBytes(entry.granularity),
								way: entry.way,
								coherent: entry.coherent
							}
						]
					: []
			)
		),
		access: gfd.access.map(({ pid, groups }) => ({ host: hostOf(pid), pid, groups: [...groups] }))
	};
}
