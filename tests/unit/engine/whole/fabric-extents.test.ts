import { describe, expect, it } from 'vitest';
import { GIB } from '../../../../src/lib/base/units.ts';
import { extentsOf } from '../../../../src/lib/engine/fabric/dcd/lists.ts';
import { takeMedia } from '../../../../src/lib/engine/fabric/dcd/media.ts';
import { extentLists, extentMedia, tagsAreHeld } from '../../../../src/lib/engine/whole/fabric-extents.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import type { DeviceRecord, LogicalDeviceRecord, TagRecord } from '../../../../src/lib/engine/state/fabric-records.ts';
import { heads, tell, until } from '../../../support/fabric.ts';

/** Goal: each statement about extents notices what it is there for. Method: a world in which all hold, with one value changed. */
function shared(): Simulation {
	const simulation = heads(['A', 'B'], { sharable: true }, { use: 'none' });
	tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'A', bytes: GIB, tag: 'T' });
	until(simulation, 1, () => extentsOf(simulation.world, 0, 0).length === 1);
	tell(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'A', bytes: GIB, tag: 'U' });
	return simulation;
}
const found = ({ world }: Simulation): (string | null)[] => [extentLists(world), extentMedia(world), tagsAreHeld(world)];

describe('statements about extents', () => {
	it('hold where nobody changed anything', () => {
		expect(found(shared())).toEqual([null, null, null]);
	});

	it.each([
		['an extent moves onto its neighbour', ({ world }) => world.c.extentDpa.set(0, GIB / 64), 0, /overlap|not made of blocks|order/],
		['an extent is cut below a block', ({ world }) => world.c.extentUnits.set(0, 1), 0, /not made of blocks/],
		['a list counts wrongly', ({ world }) => ((world.r.fabric.devices[0]?.lds[0] as LogicalDeviceRecord).extentCount = 2), 0, /counted/],
		['a group is forgotten', ({ world }) => ((world.r.fabric.devices[0]?.lds[0] as LogicalDeviceRecord).pending = []), 0, /open extents/],
		['an extent changes its state', ({ world }) => world.c.extentState.set(0, 1), 0, /in the tree/],
		['media are lost', ({ world }) => takeMedia(world.r.fabric.devices[0] as DeviceRecord, 8 * GIB, GIB), 1, /no owner/],
		['media have two owners', ({ world }) => ((world.r.fabric.tags[1] as TagRecord).media = [{ at: 0, bytes: GIB }]), 1, /owner|outside/],
		['an extent lies outside the media of its tag', ({ world }) => world.c.extentMedia.set(0, (8 * GIB) / 64), 1, /outside its media/],
		['a tag forgets who has it', ({ world }) => ((world.r.fabric.tags[0] as TagRecord).uses = []), 2, /lives although|counted/],
		[
			'a tag counts an offer as taken',
			({ world }) => ((world.r.fabric.tags[1] as TagRecord).uses = [{ ld: 0, offered: 0, accepted: 1 }]),
			2,
			/counted/
		]
	] as const satisfies readonly (readonly [string, (simulation: Simulation) => unknown, number, RegExp])[])(
		'notice when %s',
		(_, change, which, text) => {
			const simulation = shared();
			change(simulation);
			expect(found(simulation)[which]).toMatch(text);
		}
	);
});
