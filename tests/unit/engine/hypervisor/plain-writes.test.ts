import { describe, expect, it } from 'vitest';
import { MIB } from '../../../../src/lib/base/units.ts';
import { writePage } from '../../../../src/lib/engine/hypervisor/guest.ts';
import { nextWrite } from '../../../../src/lib/engine/hypervisor/next-write.ts';
import { writePlain } from '../../../../src/lib/engine/hypervisor/plain-writes.ts';
import { proveContent } from '../../../../src/lib/engine/whole/content.ts';
import { fingerprintOf } from '../../../../src/lib/engine/whole/fingerprint.ts';
import { beginWriting, endWriting, type World } from '../../../../src/lib/engine/state/world.ts';
import { open, tinyWorld, vm } from '../../../support/worlds.ts';

const SPANS = [1, 2, 700, 5000];

/** A guest in huge pages, in runs and in scattered pages, under every pattern of writes. */
function written(
	kind: string,
	pages: string,
	write: (world: World, due: number) => void
): { print: string; lanes: number[]; second: number } {
	const guest = vm('vm0', 'A', 128, { workload: { kind, workingSetBytes: 24 * MIB }, pages });
	const { world } = open(tinyWorld({ vms: [guest] }));
	beginWriting(world);
	for (const due of SPANS) write(world, due);
	endWriting(world);
	const [record] = world.r.vms;
	const stream = record?.stream ?? 0;
	expect(record?.writtenPages).toBe(SPANS.reduce((sum, due) => sum + due, 0));
	expect(proveContent(world).found).toBeNull();
	return {
		print: fingerprintOf(world),
		lanes: [0, 1, 2, 3].map((lane) => world.c.streamState.get(stream * 4 + lane)),
		second: record?.secondStageFaults ?? -1
	};
}

describe('a stretch of writes', () => {
	const KINDS = ['idle', 'web', 'database', 'memory-muncher', 'sequential', 'two-class'];
	it.each(KINDS.flatMap((kind) => ['thp', '4k'].map((pages) => [kind, pages] as const)))(
		'%s in %s: the same as one by one',
		(kind, pages) => {
			const oneByOne = written(kind, pages, (world, due) => {
				const [record] = world.r.vms;
				if (record) for (let index = 0; index < due; index += 1) writePage(world, 0, record, nextWrite(world, record), null, 0);
			});
			const stretch = written(kind, pages, (world, due) => {
				const [record] = world.r.vms;
				if (record) writePlain(world, 0, record, due);
			});
			expect(stretch).toEqual(oneByOne);
		}
	);
});
