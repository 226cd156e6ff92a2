import type { HdmDecoderRecord, WindowRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { snoopAddress } from '../gfd/snoop.ts';
import { dpaBases } from './decoders.ts';
import { waysOfCode } from './encoding.ts';
import { offsetInWindow } from './interleave.ts';
import { edgeOf } from './resolve-gfd.ts';
import { windowOf, xorView } from './window.ts';

/**
 * The address by which a host reaches a device address; null when no decoder of it covers that. `ld` −1 on a GFD. The XOR
 * of the window undoes itself, so it is done once more on the way back (Linux 7.3.4 drivers/cxl/core/region.c cxl_dpa_to_hpa).
 */
export function hpaOf(world: World, host: string, device: number, ld: number, dpa: number): number | null {
	const record = world.r.fabric.devices[device];
	const peer = world.r.fabric.peers.find((one) => one.id === host);
	if (!record || !peer) return null;
	if (record.gfd) {
		const edge = edgeOf(world, host)?.edge;
		return edge ? snoopAddress(record.gfd, edge.pid, dpa) : null;
	}
	const logical = record.lds[ld];
	if (!logical || logical.host !== host) return null;
	return hpaByDecoders(logical.decoders, dpa, (hpa) => windowOf(peer, hpa));
}

export function hpaByDecoders(
	decoders: readonly HdmDecoderRecord[],
	dpa: number,
	window: (hpa: number) => Pick<WindowRecord, 'arithmetic' | 'xorMasks' | 'bridges'> | null
): number | null {
	const bases = dpaBases(decoders);
	for (const [index, decoder] of decoders.entries()) {
		const inDevice = dpa - (bases[index] as number);
		if (!decoder.committed || inDevice < 0 || inDevice >= decoder.bytes / waysOfCode(decoder.ways)) continue;
		const hpa = decoder.baseHpa + offsetInWindow(inDevice, decoder.position, decoder.granularity, decoder.ways);
		const around = window(decoder.baseHpa);
		return around ? xorView(around, around.bridges.length, hpa) : hpa;
	}
	return null;
}
