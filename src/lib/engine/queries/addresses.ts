import { formatAddress } from '../../base/address.ts';
import { PAGES_PER_BLOCK } from '../../base/units.ts';
import type { AddressCell, AddressesAnswer, AddressLane, AddressLink } from '../contract/addresses.ts';
import type { Rung } from '../contract/queries.ts';
import { dpaToFrame, frameToDpa, toDpa, toHpa } from '../fabric/gfam.ts';
import { frameOf } from '../mm/space/mapping.ts';
import type { HostRecord, OperationRecord, VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { pageAnswer } from './page.ts';
import { referenceQuantity } from './reference-quantities.ts';

/** A guest page in five columns on every host (contract/addresses.ts), of one VM or of all that have it. */
export function addressesAnswers(world: World, vmId: string | null, gfn: number): readonly AddressesAnswer[] {
	return world.r.vms.flatMap(({ id }) => (vmId === null || vmId === id ? (addressesAnswer(world, id, gfn) ?? []) : []));
}

function addressesAnswer(world: World, vmId: string, gfn: number): AddressesAnswer | null {
	const answer = pageAnswer(world, vmId, gfn);
	const index = world.r.vms.findIndex((vm) => vm.id === vmId);
	const vm = world.r.vms[index];
	if (!answer.ok || !vm) return null;
	const mine = world.r.operations.filter((operation) => operation.vm === index);
	const copied = referenceQuantity(world, 'copiedPages', vmId) ?? 0;
	const lanes = answer.value.hosts.map(({ host, rungs }, at) => lane(world, vm, gfn, host, at, rungs, copied > 0, mine));
	return {
		vm: vmId,
		gfn,
		came: cameBy(vm, mine, copied),
		copiedPages: copied,
		records: referenceQuantity(world, 'rangeRecords', vmId) ?? 0,
		pages: vm.populatedPages,
		lanes
	};
}

function cameBy(vm: VmRecord, mine: readonly OperationRecord[], copied: number): string {
	if (mine.length === 0) return 'where it was at the start';
	if (vm.vcpuState !== 'running') return 'nobody runs it';
	const other = vm.running !== 0;
	if (other) return copied > 0 ? 'another process, every page copied' : 'another process, no page copied';
	return copied > 0 ? 'the same process, every page copied' : 'the same process, no page copied';
}

function lane(
	world: World,
	vm: VmRecord,
	gfn: number,
	host: string,
	at: number,
	rungs: readonly Rung[],
	copied: boolean,
	mine: readonly OperationRecord[]
): AddressLane {
	const instance = vm.instances.indexOf(at);
	const here = instance === vm.running;
	const role = here ? (vm.vcpuState === 'running' ? 'runs' : 'stopped') : instance >= 0 ? 'prepared' : 'none';
	const moved = here && vm.running !== 0;
	const cells = rungs.map(({ space, address, note }): AddressCell => ({
		space,
		address: role === 'none' && (space === 'gva' || space === 'gpa') ? null : address,
		note: role === 'none' && (space === 'gva' || space === 'gpa') ? 'no guest here' : note,
		changed:
			here && ((space === 'hva' && moved) || (space === 'hpa' && (moved || copied)) || (space === 'dpa' && copied && address !== null))
	}));
	return { host, role, cells, links: linksOf(world, vm, gfn, at, instance, cells, rungs, mine.at(-1)) };
}

function linksOf(
	world: World,
	vm: VmRecord,
	gfn: number,
	at: number,
	instance: number,
	cells: readonly AddressCell[],
	rungs: readonly Rung[],
	last: OperationRecord | undefined
): AddressLink[] {
	return [1, 2, 3, 4].map((to) => {
		const by = (rungs[to] as Rung).by;
		const both = cells[to - 1]?.address !== null && cells[to]?.address !== null;
		const why = to === 3 ? staleRange(world, vm, gfn, instance) : to === 4 ? wrongWindow(world, vm, gfn, at, last) : null;
		if (why !== null) return { by, state: 'broken', why };
		return { by, state: both ? 'holds' : 'none', why: null };
	});
}

/** The process that stands ready maps the frame that the range names; the page has left it. */
function staleRange(world: World, vm: VmRecord, gfn: number, instance: number): string | null {
	if (instance < 0 || instance === vm.running) return null;
	const here = frameOf(world, vm, instance, gfn);
	const running = frameOf(world, vm, vm.running, gfn);
	return here >= 0 && here !== running ? 'names the frame that the page has left' : null;
}

/** A reference by the source’s host address: where the target’s own decoder leads. */
function wrongWindow(world: World, vm: VmRecord, gfn: number, at: number, last: OperationRecord | undefined): string | null {
	if (
		world.r.belief === 'data-is-there' ||
		last?.target !== at ||
		last.source === at ||
		last.parameters.naming !== 'host' ||
		last.rangeCount === 0
	)
		return null;
	const pool = world.r.memories.find((memory) => memory.kind === 'pool');
	const frame = frameOf(world, vm, vm.running, gfn);
	const local = pool ? frame - pool.firstBlock * PAGES_PER_BLOCK : -1;
	if (local < 0) return null;
	const told = toHpa(world.r.hosts[last.source] as HostRecord, frameToDpa(local));
	if (!told.ok) return null;
	const found = toDpa(world.r.hosts[at] as HostRecord, told.value);
	if (!found.ok) return `${formatAddress(told.value)}, as it was told, is behind no decoder of this host`;
	return dpaToFrame(found.value) === local ? null : `${formatAddress(told.value)}, as it was told, leads to ${formatAddress(found.value)}`;
}
