import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { MIB } from '../../../base/units.ts';
import { codeOfGranularity, codeOfWays, exponentOfTwo, granularityBytes, MOST_GRANULARITY_CODE } from './encoding.ts';

/**
 * Making a region as Linux lets one: granularity, ways, size, targets, commit, each step with its own refusals (Linux 7.3.4
 * drivers/cxl/core/region.c set_interleave_ways, set_interleave_granularity, alloc_hpa, cxl_region_attach). Plain values:
 * nothing here knows a world.
 */
export type RegionErrno = 'EINVAL' | 'ENXIO' | 'EBUSY' | 'ERANGE';
export type RegionOutcome<T = null> = Outcome<T, RegionErrno>;
const UNIT = 256 * MIB;

/** What a window offers: one entry per host bridge, in the order in which the root picks them. */
export interface RootView {
	readonly baseHpa: number;
	readonly bytes: number;
	readonly granularity: number;
	readonly bridges: readonly string[];
}

/** One step down: place in a host bridge's or switch's list. */
export interface DownHop {
	readonly port: string;
	readonly target: number;
	/** Targets that a decoder of this port can name. */
	readonly capacity: number;
}

export interface EndpointView {
	readonly id: string;
	readonly bridge: string;
	/** From the host bridge down to the endpoint. */
	readonly hops: readonly DownHop[];
	/** DPA set aside for the region, 0 without. */
	readonly dpaBytes: number;
	/** Partition that it comes from. */
	readonly mode: 'ram' | 'pmem' | 'dynamic';
	/** 1: host-only coherent, 0: device coherent. */
	readonly coherence: 'host-only' | 'device';
	/** Capability register: address bits 11 to 8 and 14 to 12 in interleave, 3, 6 and 12 ways, 16 ways. */
	readonly interleaves: { readonly bits11to8: boolean; readonly bits14to12: boolean; readonly threes: boolean; readonly sixteen: boolean };
}
export const EVERY_INTERLEAVE = { bits11to8: true, bits14to12: true, threes: true, sixteen: true } as const;

export interface Region {
	readonly mode: EndpointView['mode'];
	readonly coherence: EndpointView['coherence'];
	state: 'idle' | 'interleave active' | 'active' | 'commit';
	ways: number;
	granularity: number;
	bytes: number;
	uuid: boolean;
	readonly targets: (EndpointView | null)[];
}

export function newRegion(mode: EndpointView['mode'], coherence: EndpointView['coherence'] = 'host-only'): Region {
	return { mode, coherence, state: 'idle', ways: 0, granularity: 0, bytes: 0, uuid: false, targets: [] };
}

export function setWays(region: Region, root: RootView, ways: number): RegionOutcome {
	const bridges = root.bridges.length;
	if (codeOfWays(ways) === null) return refused('EINVAL', `a region has 1, 2, 3, 4, 6, 8, 12 or 16 ways, not ${ways}`);
	if (ways % bridges !== 0 || exponentOfTwo(ways / bridges) === null)
		return refused('EINVAL', `${ways} ways are not ${bridges} host bridges times a power of two`);
	if (region.state !== 'idle') return refused('EBUSY', 'the size of the region is set already');
	region.ways = ways;
	region.targets.length = 0;
	for (let index = 0; index < ways; index++) region.targets.push(null);
	return ok(null);
}

export function setGranularity(region: Region, root: RootView, bytes: number): RegionOutcome {
	if (codeOfGranularity(bytes) === null) return refused('EINVAL', `a granularity is 256 B doubled up to six times, not ${bytes} B`);
	if (root.bridges.length > 1 && bytes !== root.granularity)
		return refused('EINVAL', `the window interleaves its host bridges by ${root.granularity} B: the region cannot take ${bytes} B`);
	if (region.state !== 'idle') return refused('EBUSY', 'the size of the region is set already');
	region.granularity = bytes;
	return ok(null);
}

export function setSize(region: Region, root: RootView, bytes: number): RegionOutcome {
	if (region.bytes === bytes && bytes !== 0) return ok(null);
	if (region.bytes !== 0 || region.state !== 'idle') return refused('EBUSY', 'the region has a size or is active');
	if (region.ways === 0 || region.granularity === 0 || (region.mode === 'pmem' && !region.uuid))
		return refused('ENXIO', `ways${region.mode === 'pmem' ? ', granularity and uuid' : ' and granularity'} come before the size`);
	if (bytes === 0 || bytes % (UNIT * region.ways) !== 0)
		return refused('EINVAL', `the size is a multiple of 256 MiB × ${region.ways} ways`);
	if (bytes > root.bytes) return refused('ERANGE', 'the window has no room for the region');
	region.bytes = bytes;
	region.state = 'interleave active';
	return ok(null);
}

export function attach(region: Region, root: RootView, endpoint: EndpointView, position: number): RegionOutcome {
	const { id } = endpoint;
	if (position < 0 || position >= region.ways) return refused('ENXIO', `position ${position} is not one of ${region.ways}`);
	const lacking = lacksInterleave(region, endpoint);
	if (lacking !== null) return refused('ENXIO', `${id}: ${lacking}`);
	if (endpoint.mode !== region.mode) return refused('EINVAL', `${id}: its capacity is ${endpoint.mode}, the region is ${region.mode}`);
	if (region.state === 'idle') return refused('ENXIO', 'ways, granularity and size come before the targets');
	if (region.state !== 'interleave active') return refused('EBUSY', 'the region is active already');
	if (region.targets.every((target) => target !== null)) return refused('EINVAL', `the region has ${region.ways} endpoints already`);
	if (region.targets[position]) return refused('EBUSY', `position ${position} is taken by ${region.targets[position].id}`);
	if (region.targets.some((target) => target?.id === id)) return refused('EBUSY', `${id} has a position already`);
	const index = position % root.bridges.length;
	if (root.bridges[index] !== endpoint.bridge)
		return refused('ENXIO', `position ${position} is for host bridge ${root.bridges[index] ?? ''}, ${id} is below ${endpoint.bridge}`);
	if (endpoint.coherence !== region.coherence) return refused('ENXIO', `${id}: its decoder is ${endpoint.coherence} coherent`);
	if (endpoint.dpaBytes === 0) return refused('ENXIO', `${id}: no device memory is set aside`);
	if (endpoint.dpaBytes * region.ways !== region.bytes)
		return refused('EINVAL', `${id}: ${endpoint.dpaBytes} B × ${region.ways} ways is not the region's ${region.bytes} B`);
	region.targets[position] = endpoint;
	if (region.targets.every((target) => target !== null)) region.state = 'active';
	return ok(null);
}

function lacksInterleave(region: Region, endpoint: EndpointView): string | null {
	const { interleaves } = endpoint;
	const code = codeOfWays(region.ways);
	const granularity = codeOfGranularity(region.granularity);
	if (code === null || granularity === null) return null;
	if (region.ways === 16 && !interleaves.sixteen) return 'the device has no 16-way interleave';
	if (code >= 8 && !interleaves.threes) return 'the device has no 3, 6 or 12 ways';
	const width = code >= 8 ? code - 8 : code;
	const low = granularity + 8;
	const high = low + width - 1;
	if (width > 0 && low <= 11 && !interleaves.bits11to8) return 'the device cannot interleave by address bits 11 to 8';
	if (width > 0 && high >= 12 && !interleaves.bits14to12) return 'the device cannot interleave by address bits 14 to 12';
	return null;
}

/** What to write into each decoder: the endpoints' positions in address order, the ports' target lists. */
export interface RegionPlan {
	readonly baseHpa: number;
	readonly bytes: number;
	readonly ways: number;
	readonly granularity: number;
	readonly endpoints: readonly { readonly id: string; readonly position: number }[];
	readonly ports: readonly {
		readonly port: string;
		readonly ways: number;
		readonly granularity: number;
		readonly targets: readonly number[];
	}[];
}

/**
 * Decoders of every level. Below the root the ways are those targets of a port that the region uses, a power of two up to 8,
 * and the granularity is the parent's times the parent's ways (a third of them where the root has 3, 6 or 12). A port's list
 * is in the order that the address bits demand; Linux fills it in the order of attaching, which is the same for powers of two.
 */
export function commit(region: Region, root: RootView, baseHpa: number): RegionOutcome<RegionPlan> {
	if (region.state === 'commit') return refused('EBUSY', 'the region is committed');
	if (region.state !== 'active') return refused('ENXIO', 'not every position has its endpoint');
	const { ways, granularity } = region;
	const turn = Math.floor(baseHpa / granularity) % ways;
	const members = (region.targets as EndpointView[]).map((endpoint, at) => ({ endpoint, position: (at - turn + ways) % ways }));
	const levels = Math.max(...members.map(({ endpoint }) => endpoint.hops.length));
	if (members.some(({ endpoint }) => endpoint.hops.length !== levels))
		return refused('ENXIO', 'an unbalanced tree: not all endpoints lie equally deep');
	const rootWays = root.bridges.length;
	const ports: { port: string; ways: number; granularity: number; targets: number[] }[] = [];
	let parents = members.map(() => ({
		granularity: root.bridges.length > 1 ? root.granularity : granularity,
		ways: exponentOfTwo(rootWays) === null ? rootWays / 3 : rootWays
	}));
	for (let level = 0; level < levels; level++) {
		const below = parents.map((parent) => ({ ...parent }));
		for (const port of new Set(members.map(({ endpoint }) => (endpoint.hops[level] as DownHop).port))) {
			const here = members.flatMap((member, at) =>
				(member.endpoint.hops[level] as DownHop).port === port ? [{ ...member, at, hop: member.endpoint.hops[level] as DownHop }] : []
			);
			const count = new Set(here.map(({ hop }) => hop.target)).size;
			const parent = parents[(here[0] as (typeof here)[number]).at] as (typeof parents)[number];
			if (exponentOfTwo(count) === null) return refused('EINVAL', `${port}: ${count} targets are no power of two`);
			if (count > 8 || count > (here[0] as (typeof here)[number]).hop.capacity)
				return refused('ENXIO', `${port}: ${count} targets are more than it has`);
			const own = count === 1 ? parent.granularity : parent.granularity * parent.ways;
			if (own > granularityBytes(MOST_GRANULARITY_CODE)) return refused('EINVAL', `${port}: a granularity of ${own} B is above 16 KiB`);
			const targets: number[] = Array.from({ length: count }, () => -1);
			for (const { position, hop, at } of here) {
				const bit = Math.floor((baseHpa + position * granularity) / own) % count;
				if (targets[bit] !== -1 && targets[bit] !== hop.target)
					return refused('ENXIO', `${port}: its endpoints do not stand at equal distance`);
				targets[bit] = hop.target;
				below[at] = count === 1 ? parent : { granularity: own, ways: count };
			}
			if (targets.includes(-1)) return refused('ENXIO', `${port}: its endpoints do not stand at equal distance`);
			ports.push({ port, ways: count, granularity: own, targets });
		}
		parents = below;
	}
	region.state = 'commit';
	return ok({
		baseHpa,
		bytes: region.bytes,
		ways,
		granularity,
		endpoints: members.map(({ endpoint, position }) => ({ id: endpoint.id, position })),
		ports
	});
}
