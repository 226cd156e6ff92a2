import { mix32 } from '../../base/hash.ts';
import { NS_PER_S, PAGES_PER_BLOCK } from '../../base/units.ts';
import { stampOf, writeStamp } from '../mm/frames.ts';
import { frameOf } from '../mm/space/mapping.ts';
import { blockOfFrame } from '../mm/zones.ts';
import { emit } from '../sim/trace.ts';
import type { VmRecord } from '../state/records.ts';
import type { ZombieRecord } from '../state/rack-records.ts';
import type { World } from '../state/world.ts';
import { note } from './note.ts';
import { peerOf, rackOf, rackVmOf } from './rack-records.ts';
import { haOf } from './settings.ts';

/**
 * An incarnation of a VM that was left behind on a host that is not dead. It does not know that another one runs. Its tokens
 * are old, so that it wins no decision; its stores go where its mapping points, until somebody stops them (cxl-fabric
 * reference 10.5, I8).
 */

/** Pages of one beat at most: more stores hit the same pages (our simplification). */
const MOST_STORES = 256;

export function leaveBehind(world: World, vmIndex: number, host: number, acts: boolean, onPool: boolean): void {
	// The device stops stores to the pool; what a host that wakes up runs in its own DRAM only that host can stop.
	const openly = haOf(world)?.fencing !== 'device' || (!acts && !onPool);
	const zombie: ZombieRecord = { host, acts, sinceNs: world.r.nowNs, writes: 0, onPool, openly };
	rackVmOf(world, vmIndex).zombie = zombie;
	if (!acts) return;
	if (onPool && peerOf(world, host).deviceFenced) end(world, vmIndex, zombie, 'the device turned its first store away');
	else appear(world, vmIndex, zombie);
}

const each = (world: World, host: number, visit: (vmIndex: number, zombie: ZombieRecord) => void): void => {
	rackOf(world).vms.forEach((vm, index) => {
		if (vm.zombie?.host === host) visit(index, vm.zombie);
	});
};

/** Its host goes on: a device that refuses its first store ends it there and then. */
export function wakeZombies(world: World, host: number): void {
	each(world, host, (vmIndex, zombie) => {
		if (peerOf(world, host).deviceFenced && zombie.onPool) {
			end(world, vmIndex, zombie, 'the device turned its first store away');
			return;
		}
		zombie.acts = true;
		zombie.sinceNs = world.r.nowNs;
		appear(world, vmIndex, zombie);
	});
}

function appear(world: World, vmIndex: number, zombie: ZombieRecord): void {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const where = world.r.hosts[zombie.host]?.id ?? '';
	note(world, {
		kind: 'zombie',
		rule: 'fencing',
		host: zombie.host,
		vm: vmIndex,
		text: `the old incarnation of ${vm.id} goes on on ${where}: two of them run`
	});
	if (zombie.openly)
		world.r.marks.push(`two incarnations of ${vm.id} ran, on ${where} the old one: nothing but the host itself stopped it`);
}

/** What it stored since it was looked at last. */
export function zombiesStore(world: World, host: number): void {
	each(world, host, (vmIndex, zombie) => {
		if (!zombie.acts) return;
		const vm = world.r.vms[vmIndex] as VmRecord;
		const due = Math.floor(((world.r.nowNs - zombie.sinceNs) / NS_PER_S) * vm.writesPerSecond);
		zombie.sinceNs = world.r.nowNs;
		if (due <= 0) return;
		zombie.writes += due;
		if (zombie.onPool) overwrite(world, vmIndex, vm, zombie, Math.min(due, MOST_STORES));
	});
}

function overwrite(world: World, vmIndex: number, vm: VmRecord, zombie: ZombieRecord, stores: number): void {
	const mine = rackVmOf(world, vmIndex);
	const damaged = new Set(mine.damagedGfns);
	const before = damaged.size;
	for (let store = 0; store < stores; store += 1) {
		const part = vm.classes[store % vm.classes.length];
		if (!part) return;
		const gfn = part.firstGfn + (mix32(world.scenario.seed ^ vmIndex, store + zombie.writes, 0x20b1e) % part.pages);
		const frame = frameOf(world, vm, vm.running, gfn);
		if (frame < 0 || vm.pagesByMemory.every((pages, memory) => pages === 0 || world.r.memories[memory]?.kind !== 'pool')) continue;
		damaged.add(gfn);
		writeStamp(world, blockOfFrame(frame), frame % PAGES_PER_BLOCK, stampOf(vmIndex, gfn, 0x7fff_0000 + (zombie.writes & 0xffff)));
	}
	mine.damagedGfns = [...damaged].sort((a, b) => a - b);
	if (damaged.size === before) return;
	const words = `${damaged.size - before} pages of ${vm.id} were overwritten by its old incarnation`;
	if (before === 0)
		world.r.marks.push(`lost: pages of ${vm.id} were overwritten by its old incarnation on ${world.r.hosts[zombie.host]?.id}`);
	emit(world, { kind: 'loss', rule: 'fencing', cause: null, vm: vm.id, values: { pages: damaged.size - before }, text: words });
}

/** Nobody is left to act. */
export function endZombies(world: World, host: number, why: string): void {
	zombiesStore(world, host);
	each(world, host, (vmIndex, zombie) => end(world, vmIndex, zombie, why));
}

function end(world: World, vmIndex: number, zombie: ZombieRecord, why: string): void {
	rackVmOf(world, vmIndex).zombie = null;
	note(world, {
		kind: 'zombie',
		rule: 'fencing',
		host: zombie.host,
		vm: vmIndex,
		values: { writes: zombie.writes },
		text: `the old incarnation of ${world.r.vms[vmIndex]?.id ?? ''} ends: ${why}`
	});
}
