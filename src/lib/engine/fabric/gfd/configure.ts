import { GIB } from '../../../base/units.ts';
import type { EdgeRecord, GdtEntry, GfdRecord, PeerRecord, WindowRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { codeOfGranularity, exponentOfTwo, MOST_GFD_WAYS_CODE, powerOfTwo } from '../address/encoding.ts';
import { edgeOf } from '../address/resolve-gfd.ts';
import { MOST_GDT_ENTRIES } from './decode.ts';

/**
 * Tables of a window of G-FAM devices: segments at the host's edge port, an interleave set in its IDT, one decoder per device
 * for this requester. Who may enter which group stays as the fabric manager says (CXL 4.0 7.7.2.2, 7.7.2.4).
 */
const SMALLEST_SEGMENT = 64 * GIB;
const MOST_SEGMENT_CODE = 7;

export function configureGfamWindow(world: World, peer: PeerRecord, window: WindowRecord): string | null {
	const found = edgeOf(world, peer.id);
	if (!found) return `ENXIO: host ${peer.id} hangs at no edge port`;
	const gfds = window.targets.map((target) => world.r.fabric.devices.find((device) => device.id === target)?.gfd ?? null);
	if (!gfds.every((gfd) => gfd !== null)) return 'EINVAL: a window leads to G-FAM devices or to others, not to both';
	const interleave = exponentOfTwo(gfds.length);
	const granularity = codeOfGranularity(window.granularity);
	if (interleave === null || interleave > MOST_GFD_WAYS_CODE) return `EINVAL: G-FAM interleaves over a power of two, not ${gfds.length}`;
	if (granularity === null) return `EINVAL: no granularity of ${window.granularity} B`;
	if (window.arithmetic === 'xor') return 'EINVAL: an edge port picks by plain address bits, not by XOR';
	if (gfds.some((gfd) => entriesOf(gfd, found.edge.pid).some((entry) => isIn(entry, window)))) return null;
	const { edge } = found;
	if (edge.fast.length === 0) edge.segmentBytes = segmentSize(peer, world);
	const bad = writeSegments(edge, window, gfds, interleave, granularity);
	if (bad !== null) return bad;
	for (const [way, gfd] of gfds.entries()) {
		const first = gfd.partitions[0]?.baseDpa ?? 0;
		const last = gfd.partitions.at(-1);
		const span = last ? last.baseDpa + last.bytes - first : 0;
		const bytes = Math.min(span, window.bytes / gfds.length);
		if (bytes === 0) continue;
		const entries = entriesOf(gfd, edge.pid);
		if (entries.length >= MOST_GDT_ENTRIES) return 'EBUSY: a requester has at most 8 decoders in a G-FAM device';
		const coherent = gfd.partitions.every((partition) => partition.hardwareCoherent);
		entries.push({ valid: true, coherent, hpaBase: window.baseHpa, dpaBase: first, bytes, interleave, granularity, way });
	}
	return null;
}

export function forgetGfamWindow(world: World, peer: PeerRecord, window: WindowRecord): void {
	const found = edgeOf(world, peer.id);
	if (!found) return;
	const { edge } = found;
	const first = Math.floor(window.baseHpa / edge.segmentBytes) % edge.depth;
	const last = Math.floor((window.baseHpa + window.bytes - 1) / edge.segmentBytes) % edge.depth;
	const shared = (segment: number) =>
		peer.windows.some(
			(other) =>
				other !== window &&
				segment >= Math.floor(other.baseHpa / edge.segmentBytes) &&
				segment <= Math.floor((other.baseHpa + other.bytes - 1) / edge.segmentBytes)
		);
	edge.fast = edge.fast.filter(({ segment }) => segment < first || segment > last || shared(segment));
	for (const device of world.r.fabric.devices) {
		const list = device.gfd?.decoders.find((one) => one.pid === edge.pid);
		if (list) list.entries = list.entries.filter((entry) => !isIn(entry, window));
	}
}

const isIn = (entry: GdtEntry, window: WindowRecord): boolean =>
	entry.hpaBase >= window.baseHpa && entry.hpaBase < window.baseHpa + window.bytes;

export function entriesOf(gfd: GfdRecord, pid: number): GdtEntry[] {
	let list = gfd.decoders.find((one) => one.pid === pid);
	if (!list) {
		list = { pid, entries: [] };
		gfd.decoders.push(list);
	}
	return list.entries;
}

/** The largest segment of 64 GiB to 8 TiB that all windows of G-FAM devices are made of; 64 GiB when none is. */
function segmentSize(peer: PeerRecord, world: World): number {
	const gfam = peer.windows.filter((window) =>
		world.r.fabric.devices.some((device) => device.kind === 'gfd' && device.id === window.targets[0])
	);
	for (let code = MOST_SEGMENT_CODE; code > 0; code--) {
		const bytes = SMALLEST_SEGMENT * powerOfTwo(code);
		if (gfam.every((window) => window.baseHpa % bytes === 0 && window.bytes % bytes === 0)) return bytes;
	}
	return SMALLEST_SEGMENT;
}

function writeSegments(
	edge: EdgeRecord,
	window: WindowRecord,
	gfds: readonly GfdRecord[],
	interleave: number,
	granularity: number
): string | null {
	if (window.baseHpa < edge.fabricBase || window.baseHpa + window.bytes > edge.fabricBase + edge.segmentBytes * edge.depth)
		return 'EINVAL: the window lies outside the fabric range of the edge port';
	const pids = gfds.map((gfd) => gfd.pid);
	const target = interleave === 0 ? (pids[0] as number) : placeSet(edge, pids);
	const first = Math.floor(window.baseHpa / edge.segmentBytes);
	const last = Math.floor((window.baseHpa + window.bytes - 1) / edge.segmentBytes);
	for (let number = first; number <= last; number++) {
		const segment = number % edge.depth;
		const taken = edge.fast.find((entry) => entry.segment === segment);
		if (taken && (taken.target !== target || taken.interleave !== interleave || taken.granularity !== granularity))
			return `EBUSY: segment ${segment} leads elsewhere already: windows share segments only if they share targets`;
		if (!taken) edge.fast.push({ segment, interleave, granularity, target });
	}
	edge.fast.sort((one, other) => one.segment - other.segment);
	return null;
}

/** Index of these PIDs in a row in the IDT; written behind the last ones when they are not there. */
function placeSet(edge: EdgeRecord, pids: readonly number[]): number {
	for (let at = 0; at + pids.length <= edge.idt.length; at++) if (pids.every((pid, way) => edge.idt[at + way] === pid)) return at;
	edge.idt.push(...pids);
	return edge.idt.length - pids.length;
}
