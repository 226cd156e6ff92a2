import { describe, expect, test } from 'vitest';
import { linkLoad, shareLinks } from '$lib/engine/fabric/links.ts';
import type { FlowRecord, LinkRecord } from '$lib/engine/state/records.ts';
import type { World } from '$lib/engine/state/world.ts';

/** Only links and flows: what sharing reads. */
function worldWith(capacities: readonly number[], flows: readonly { readonly demand: number; readonly links: readonly number[] }[]): World {
	const links = capacities.map((capacity, index): LinkRecord => ({ id: `l${index}`, from: '', to: '', kind: 'cxl', capacity, host: -1 }));
	const records = flows.map((flow, index): FlowRecord => ({
		operation: index + 1,
		demand: flow.demand,
		rate: 0,
		links: [...flow.links],
		host: 0
	}));
	return { r: { links, flows: records } } as unknown as World;
}
const rates = (world: World) => world.r.flows.map((flow) => Math.round(flow.rate));

describe('links are shared max-min fairly', () => {
	test.each([
		['one flow takes what it wants', [100], [{ demand: 30, links: [0] }], [30]],
		['one flow cannot take more than there is', [100], [{ demand: 300, links: [0] }], [100]],
		[
			'two share evenly',
			[100],
			[
				{ demand: 300, links: [0] },
				{ demand: 300, links: [0] }
			],
			[50, 50]
		],
		[
			'who wants little gets it, the other takes the rest',
			[100],
			[
				{ demand: 20, links: [0] },
				{ demand: 300, links: [0] }
			],
			[20, 80]
		],
		[
			'the narrowest place is filled first',
			[100, 30],
			[
				{ demand: 300, links: [0, 1] },
				{ demand: 300, links: [0] }
			],
			[30, 70]
		],
		[
			'no demand, no rate',
			[100],
			[
				{ demand: 0, links: [0] },
				{ demand: 10, links: [0] }
			],
			[0, 10]
		],
		['a flow over no link has its demand', [100], [{ demand: 40, links: [] }], [40]]
	] as const)('%s', (_, capacities, flows, wanted) => {
		const world = worldWith(capacities, flows);
		shareLinks(world);
		expect(rates(world)).toEqual(wanted);
	});

	test('every flow has its demand or crosses a full link, and no link is over its capacity', () => {
		let seed = 4711;
		const below = (limit: number): number => {
			seed = (Math.imul(seed, 1664525) + 1013904223) >>> 0;
			return Math.floor((seed / 4294967296) * limit);
		};
		for (let round = 0; round < 500; round += 1) {
			const capacities = Array.from({ length: 1 + below(4) }, () => 1000 * (1 + below(50)));
			const flows = Array.from({ length: 1 + below(6) }, () => ({
				demand: 1000 * below(60),
				links: capacities.map((_, index) => index).filter(() => below(2) === 0)
			}));
			const world = worldWith(capacities, flows);
			shareLinks(world);
			capacities.forEach((capacity, index) =>
				expect(linkLoad(world, index), `seed 4711, round ${round}`).toBeLessThanOrEqual(capacity + 1)
			);
			for (const flow of world.r.flows) {
				const full = flow.links.some((link) => linkLoad(world, link) > (capacities[link] as number) - 2);
				expect(full || flow.demand - flow.rate < 1, `seed 4711, round ${round}`).toBe(true);
			}
		}
	});
});
