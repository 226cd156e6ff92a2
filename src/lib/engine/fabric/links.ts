import { costBytesPerSecond, costNs } from '../costs/cost-model.ts';
import type { World } from '../state/world.ts';
import { fairRates } from './traffic/fair.ts';

/**
 * Links and who uses them. Flows share links max-min fairly: the narrowest place is filled first and its flows are held at
 * their share. A batch keeps the rate with which it began (our simplification).
 */

/** Recomputes the rate of every flow from demands and capacities. */
export function shareLinks(world: World): void {
	const { flows, links } = world.r;
	const rates = fairRates(
		flows,
		links.map((link) => link.capacity)
	);
	flows.forEach((flow, at) => (flow.rate = rates[at] as number));
}

/** Starts a flow of an operation; returns nothing, its rate is read by `flowRate`. One flow per operation. */
export function startFlow(world: World, operation: number, host: number, demand: number, linkIds: readonly string[]): void {
	stopFlow(world, operation);
	const links = linkIds.map((id) => world.r.links.findIndex((link) => link.id === id));
	world.r.flows.push({ operation, host, demand, rate: 0, links });
	shareLinks(world);
}

export function stopFlow(world: World, operation: number): void {
	const { flows } = world.r;
	const at = flows.findIndex((flow) => flow.operation === operation);
	if (at < 0) return;
	flows.splice(at, 1);
	shareLinks(world);
}

/** Bytes per second that the operation's flow has now. */
export function flowRate(world: World, operation: number): number {
	return world.r.flows.find((flow) => flow.operation === operation)?.rate ?? 0;
}

export function linkLoad(world: World, link: number): number {
	let load = 0;
	for (const flow of world.r.flows) if (flow.links.includes(link)) load += flow.rate;
	return load;
}

/**
 * Read latency of the pool with the present load on its port: F1 of the cost model, L0 + q·u/(2(1−u)), at most the
 * saturated latency.
 */
export function loadedPoolLatencyNs(world: World): number {
	const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
	if (pool < 0) return 0;
	const base = (world.r.memories[pool] as { readLatencyNs: number }).readLatencyNs;
	const cap = costNs(world.costs, 'cxlSaturatedLatencyNs');
	const port = world.r.links.findIndex((link) => link.id === 'pool.port');
	const used = linkLoad(world, port) / (world.r.links[port] as { capacity: number }).capacity;
	if (used >= 1) return Math.max(cap, base);
	const queue = costNs(world.costs, 'cxlQueueServiceNs');
	const loaded = base + (queue * used) / (2 * (1 - used));
	return Math.max(base, Math.min(cap, loaded));
}

/** The links of this scenario: per host a write and a read direction, the port of the pool, and the migration network. */
export function buildLinks(world: World): void {
	const { r } = world;
	r.hosts.forEach((host, index) => {
		if (r.memories.some((memory) => memory.kind === 'pool')) {
			r.links.push(
				{
					id: `${host.id}.write`,
					from: host.id,
					to: 'switch',
					kind: 'cxl',
					capacity: costBytesPerSecond(world.costs, 'cxlHostLinkWriteGBps'),
					host: index
				},
				{
					id: `${host.id}.read`,
					from: 'switch',
					to: host.id,
					kind: 'cxl',
					capacity: costBytesPerSecond(world.costs, 'cxlHostLinkReadGBps'),
					host: index
				}
			);
		}
	});
	const pool = r.memories.find((memory) => memory.kind === 'pool');
	if (pool)
		r.links.push({
			id: 'pool.port',
			from: 'switch',
			to: pool.id,
			kind: 'cxl',
			capacity: costBytesPerSecond(world.costs, 'cxlDeviceBandwidthGBps'),
			host: -1
		});
	r.links.push({
		id: 'network',
		from: r.hosts[0]?.id ?? '',
		to: r.hosts[1]?.id ?? '',
		kind: 'network',
		capacity: world.scenario.networkBytesPerSecond,
		host: -1
	});
}
