import { describe, expect, test } from 'vitest';
import { pageInBlock } from '../../../../src/lib/viz/words/page-in-block.ts';
import {
	COLUMN_NAMES,
	HEADER_BYTES,
	place,
	REGION_NAMES,
	viewColumns,
	type Capacities
} from '../../../../src/lib/engine/contract/layout.ts';
import { BlockKind, blockWord, Migratetype, RowKind, vmPayload } from '../../../../src/lib/engine/contract/words.ts';
import type { WorldViews } from '../../../../src/lib/engine/contract/views.ts';
import { status, vm } from '../timeline/fixtures.ts';

/** A place on the map and the guest page in it, read from the same words that the engine writes. */
function world(): WorldViews {
	const capacities = Object.fromEntries(REGION_NAMES.map((name) => [name, 4])) as Capacities;
	const placement = place({ ...capacities, block: 16_384 });
	const buffer = new ArrayBuffer(placement.byteLength);
	expect(placement.offsets[COLUMN_NAMES[0]!]).toBe(HEADER_BYTES);
	return {
		capacities: { ...capacities, block: 16_384 },
		columns: viewColumns(buffer, 0, placement),
		header: new Uint32Array(buffer, 0, HEADER_BYTES / 4)
	};
}
const first = 8192;
const at = (views: WorldViews, block: number) => pageInBlock(views, status({ vms: [vm(), vm({ id: 'vm1', index: 1 })] }), 'pool', block);

describe('the page in a block', () => {
	test.each([BlockKind.huge, BlockKind.run, BlockKind.incoming])('a block of kind %i names its VM and first page', (kind) => {
		const views = world();
		views.columns.blockWord[first + 7] = blockWord(kind, Migratetype.movable, vmPayload(1, 849));
		expect(at(views, 7)).toEqual({ type: 'page', vm: 'vm1', gfn: 849 * 512 });
	});
	test.each([BlockKind.absent, BlockKind.offline, BlockKind.free, BlockKind.use])('a block of kind %i holds no page', (kind) => {
		const views = world();
		views.columns.blockWord[first + 7] = blockWord(kind, Migratetype.movable, 0);
		expect(at(views, 7)).toBeNull();
	});
	test('a mixed block is told by its first page of a VM', () => {
		const views = world();
		const { columns } = views;
		columns.blockWord[first + 7] = blockWord(BlockKind.detail, Migratetype.movable, 2);
		columns.detailStructure[2] = 3 + 1;
		columns.rowKind.fill(RowKind.kernel, 3 * 512, 3 * 512 + 40);
		columns.rowKind[3 * 512 + 40] = RowKind.vm;
		columns.rowVm[3 * 512 + 40] = 1;
		columns.rowA[3 * 512 + 40] = 1234;
		expect(at(views, 7)).toEqual({ type: 'page', vm: 'vm0', gfn: 1234 });
	});
	test('a block of one folio with mixed contents is told by its word', () => {
		const views = world();
		views.columns.blockWord[first + 7] = blockWord(BlockKind.detail, Migratetype.movable, 1);
		views.columns.detailWord[1] = blockWord(BlockKind.huge, Migratetype.movable, vmPayload(0, 5));
		expect(at(views, 7)).toEqual({ type: 'page', vm: 'vm0', gfn: 5 * 512 });
	});
	test('outside the memory there is nothing', () => {
		const views = world();
		expect(at(views, -1)).toBeNull();
		expect(at(views, 4096)).toBeNull();
		expect(pageInBlock(views, status(), 'nowhere', 0)).toBeNull();
	});
});
