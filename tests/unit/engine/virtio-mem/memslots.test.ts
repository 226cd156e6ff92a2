/**
 * Goal: how many slots a virtio-mem device takes of its hypervisor, and which are there.
 * Method: figures of QEMU's rule by hand for several sizes; plug and unplug, and the slots that come and go.
 */
import { expect, it } from 'vitest';
import { memslotsOf } from '../../../../src/lib/engine/virtio-mem/memslots.ts';
import { typed } from '../../../support/console.ts';
import { machine } from '../../../support/machines.ts';

const GIB = 2 ** 30;
const args = (gib: number, maxmemGib: number, more: string): string =>
	`-machine q35 -smp 2 -m 1G,maxmem=${maxmemGib + 1}G,slots=4 -object memory-backend-ram,id=mem0,size=${gib}G -device virtio-mem-pci,id=vm0,memdev=mem0${more}`;

it.each([
	['off', 8, 8, '', [8 * GIB, 1]],
	['at least 1 GiB each', 8, 8, ',dynamic-memslots=on', [GIB, 8]],
	['the last one smaller', 3.5, 8, ',dynamic-memslots=on', [GIB, 4]],
	['as large as a block', 8, 8, ',dynamic-memslots=on,block-size=2G', [2 * GIB, 4]],
	['its share of 256', 100, 400, ',dynamic-memslots=on', [Math.ceil((100 * GIB) / 64 / 2 ** 21) * 2 ** 21, 64]],
	['all 256', 512, 512, ',dynamic-memslots=on', [2 * GIB, 256]],
	['a small share is one', 1, 400, ',dynamic-memslots=on', [GIB, 1]]
] as const)('%s', (_what, gib, maxmem, more, wanted) => {
	const { world } = machine(args(gib, maxmem, more));
	const { slotBytes, count } = memslotsOf(world, world.r.virtioMems[0] as never, maxmem * GIB);
	expect([slotBytes, count]).toEqual(wanted);
});

it('a slot is there while something in it is plugged', () => {
	const simulation = machine(args(8, 8, ',dynamic-memslots=on'), 'memhp_default_state=online_movable');
	const now = (): unknown => simulation.ask({ kind: 'evaluate', expressions: [{ q: 'memslots', of: 'm vm0' }] });
	const mapped = (): readonly number[] => memslotsOf(simulation.world, simulation.world.r.virtioMems[0] as never, 8 * GIB).mapped;
	expect(mapped()).toEqual([]);
	for (const [wish, slots] of [
		['2100M', [0, 1, 2]],
		['64M', [0]],
		['0', []]
	] as const) {
		typed(simulation, `qom-set vm0 requested-size ${wish}`);
		simulation.advance(simulation.nowNs + 20e9);
		expect(mapped()).toEqual(slots);
		expect(now()).toEqual([slots.length]);
	}
});

it('without dynamic-memslots the one slot is always there', () => {
	const { world } = machine(args(8, 8, ''));
	expect(memslotsOf(world, world.r.virtioMems[0] as never, 8 * GIB).mapped).toEqual([0]);
});
