import type { InterleaveAnswer, InterleaveChoice } from '../../contract/fabric-load.ts';
import type { FabricRecords, PeerRecord, WindowRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { inUse } from '../switch/attachment.ts';
import { configureHost, forgetWindow } from './configure.ts';
import { granularityBytes, MOST_GRANULARITY_CODE } from './encoding.ts';
import { isGfam } from './resolve.ts';
import { waysDown } from './topology.ts';

/**
 * The decoder set of a window made anew with other ways, another granularity, or the other arithmetic: the region goes, the
 * window and its decoders are set up again by the kernel's rule, and where that refuses nothing has changed. Windows are
 * firmware's, so in truth the host boots for it (CXL 4.0 9.18.1.3; our simplification: it does so at once, unused).
 */
export interface InterleaveWish {
	readonly ways?: number;
	readonly targets?: readonly string[];
	readonly granularity?: number;
	readonly arithmetic?: 'modulo' | 'xor';
	readonly xorMasks?: readonly number[];
	/** As large as it can be unless said. */
	readonly regionBytes?: number;
}

export const PORT_WAYS: readonly number[] = [1, 2, 3, 4, 6, 8, 12, 16];
const GFAM_WAYS: readonly number[] = [1, 2, 4, 8, 16];
/** Masks of the kernel's own tester for stripes of 256 bytes (Linux 7.3.4 tools/testing/cxl/test/cxl_translate.c). */
const TEST_MASKS: readonly number[] = [0x2020900, 0x4041200, 0x1010400, 0x800];

/** Masks for a granularity: those of the tester, moved up with it (our simplification). */
export const masksFor = (granularity: number): number[] => TEST_MASKS.map((mask) => mask * (granularity / 256));

/** Null: done. Otherwise why not, and nothing has changed. */
export function setInterleave(world: World, peer: PeerRecord, index: number, wish: InterleaveWish): string | null {
	const fixed = whyFixed(world, peer);
	if (fixed !== null) return fixed;
	const trial = trialOf(world, peer);
	const refused = change(trial, trial.r.fabric.peers[peer.index] as PeerRecord, index, wish);
	if (refused !== null) return refused;
	return change(world, peer, index, wish);
}

/** What a host uses keeps its addresses. */
export function whyFixed(world: World, peer: PeerRecord): string | null {
	const using = world.r.fabric.devices.flatMap((device) => device.lds.flatMap((_, ld) => inUse(world, peer.id, device.id, ld)));
	const gfam = peer.dax.filter((dax) => dax.state === 'claimed' && !using.includes(dax.id)).map((dax) => dax.id);
	const all = [...using, ...gfam];
	return all.length > 0 ? `EBUSY: windows are fixed while they are used, and ${peer.id} uses ${all.join(', ')}` : null;
}

function change(world: World, peer: PeerRecord, index: number, wish: InterleaveWish): string | null {
	const window = peer.windows[index];
	if (!window) return `ENXIO: ${peer.id} has no window ${index}`;
	const targets = wish.targets ? [...wish.targets] : targetsFor(world, peer, window, wish.ways ?? window.targets.length);
	if (typeof targets === 'string') return targets;
	const granularity = wish.granularity ?? window.granularity;
	const arithmetic = wish.arithmetic ?? window.arithmetic;
	const kept = window.arithmetic === 'xor' && granularity === window.granularity && window.xorMasks.length > 0;
	const masks = wish.xorMasks ?? (kept ? window.xorMasks : masksFor(granularity));
	if (arithmetic === 'xor' && isGfam(world, window))
		return 'EINVAL: an edge port of a G-FAM window picks its device by plain bits, not by XOR';
	forgetWindow(world, peer, window);
	Object.assign(window, {
		targets,
		ways: targets.length,
		granularity,
		arithmetic,
		xorMasks: arithmetic === 'xor' ? [...masks] : [],
		bridges: [],
		problem: null,
		region: 'made',
		regionBytes: wish.regionBytes ?? 0
	});
	configureHost(world, peer.id);
	return window.problem;
}

/** The window's own devices as long as they last, then others that the host reaches, in the order in which it finds them. */
function targetsFor(world: World, peer: PeerRecord, window: WindowRecord, ways: number): string[] | string {
	const gfam = isGfam(world, window);
	const elsewhere = new Set(peer.windows.flatMap((other) => (other === window ? [] : other.targets)));
	const there = gfam
		? world.r.fabric.devices.filter((device) => device.gfd && device.present).map((device) => device.id)
		: waysDown(world, peer).flatMap((way) => world.r.fabric.devices[way.device]?.id ?? []);
	const order = [...new Set([...window.targets, ...there.filter((id) => !elsewhere.has(id))])];
	return order.length >= ways ? order.slice(0, ways) : `ENXIO: ${ways} ways need as many devices, ${peer.id} reaches ${order.length} here`;
}

/** A world whose decoders may be tried on: what a change writes to is copied, everything else is the same. */
function trialOf(world: World, peer: PeerRecord): World {
	const { fabric } = world.r;
	const copy = <T>(value: T): T => JSON.parse(JSON.stringify(value)) as T;
	const trial: FabricRecords = {
		...fabric,
		devices: fabric.devices.map((device) => ({
			...device,
			lds: device.lds.map((ld) => (ld.host === peer.id ? { ...ld, decoders: copy(ld.decoders) } : ld)),
			gfd: device.gfd && { ...device.gfd, decoders: copy(device.gfd.decoders), access: copy(device.gfd.access) }
		})),
		switches: fabric.switches.map((one) => ({
			...one,
			edges: copy(one.edges),
			virtualSwitches: one.virtualSwitches.map((virtual) => ({ ...virtual, decoders: copy(virtual.decoders) }))
		})),
		peers: fabric.peers.map((each) => (each === peer ? { ...each, windows: copy(each.windows), bridges: copy(each.bridges) } : each))
	};
	return { ...world, r: { ...world.r, fabric: trial } };
}

/** Every setting next to the present one, each tried on. */
export function interleaveChoices(world: World, host: string, index: number): InterleaveAnswer | null {
	const peer = world.r.fabric.peers.find((one) => one.id === host);
	const window = peer?.windows[index];
	if (!peer || !window) return null;
	const fixed = whyFixed(world, peer);
	const tried = (wish: InterleaveWish): string | null => {
		if (fixed !== null) return fixed;
		const trial = trialOf(world, peer);
		return change(trial, trial.r.fabric.peers[peer.index] as PeerRecord, index, wish);
	};
	const choice = <Value>(value: Value, chosen: boolean, wish: InterleaveWish): InterleaveChoice<Value> => ({
		value,
		chosen,
		refused: chosen ? window.problem : tried(wish)
	});
	const granularities = Array.from({ length: MOST_GRANULARITY_CODE + 1 }, (_, code) => granularityBytes(code));
	return {
		host,
		window: index,
		ways: window.targets.length,
		granularity: window.granularity,
		arithmetic: window.arithmetic,
		xorMasks: window.arithmetic === 'xor' ? [...window.xorMasks] : [],
		targets: [...window.targets],
		bridges: [...window.bridges],
		problem: window.problem,
		fixed,
		choices: {
			ways: (isGfam(world, window) ? GFAM_WAYS : PORT_WAYS).map((ways) => choice(ways, ways === window.targets.length, { ways })),
			granularity: granularities.map((granularity) => choice(granularity, granularity === window.granularity, { granularity })),
			arithmetic: (['modulo', 'xor'] as const).map((arithmetic) => choice(arithmetic, arithmetic === window.arithmetic, { arithmetic }))
		}
	};
}
