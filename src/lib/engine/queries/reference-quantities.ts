import { REFERENCE_QUANTITIES, type ReferenceQuantityName } from '../contract/reference-quantities.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import { pageWireBytes } from '../migration/stream.ts';
import type { HostRecord, OperationRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';

/** Quantities of moves by reference. null when `of` names no VM. */
type Read = (world: World, vm: VmRecord, mine: readonly OperationRecord[]) => number;

/** The last operation in which ranges were written. */
const named = (mine: readonly OperationRecord[]): OperationRecord | undefined => mine.findLast((operation) => operation.rangeCount > 0);

const READ: Readonly<Record<ReferenceQuantityName, Read>> = {
	rangeRecords: (_, __, mine) => named(mine)?.rangeCount ?? 0,
	agreedPages: (_, __, mine) => named(mine)?.agreedPages ?? 0,
	vmPages: (_, vm) => vm.populatedPages,
	vmRuns: (_, vm) => Number(vm.vcpuState === 'running'),
	copiedPages: (world, _, mine) =>
		mine.reduce(
			(sum, { networkBytes, cxlBytes }) => sum + Math.floor(networkBytes / pageWireBytes(world)) + Math.floor(cxlBytes / PAGE_BYTES),
			0
		),
	otherProcess: (_, vm) => vm.running,
	windowsDiffer: (world, _, mine) => {
		const last = named(mine);
		const base = (host: number): number => (world.r.hosts[host] as HostRecord).decoder.hpaBase;
		return last ? Number(base(last.source) !== base(last.target)) : 0;
	},
	poolPages: (world, vm) => vm.pagesByMemory[world.r.memories.findIndex((memory) => memory.kind === 'pool')] ?? 0,
	lostPages: (_, vm) => (vm.lostPages ?? []).reduce((sum, [, pages]) => sum + pages, 0)
};

export const isReferenceQuantity = (name: string): name is ReferenceQuantityName => Object.hasOwn(REFERENCE_QUANTITIES, name);

export function referenceQuantity(world: World, name: ReferenceQuantityName, of: string): number | null {
	const index = world.r.vms.findIndex((vm) => vm.id === of);
	const vm = world.r.vms[index];
	return vm
		? READ[name](
				world,
				vm,
				world.r.operations.filter((operation) => operation.vm === index)
			)
		: null;
}
