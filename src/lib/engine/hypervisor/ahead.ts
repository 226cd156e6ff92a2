import { NS_PER_S } from '../../base/units.ts';
import { EventKind } from '../sim/event-kinds.ts';
import { schedule } from '../sim/event-queue.ts';
import type { VmRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { isMissing } from './missing.ts';
import { nextWrite } from './next-write.ts';

/**
 * When a lazy guest (guest.ts) will reach a page that it does not have. The next writes are drawn ahead and the stream is put
 * back, so that nothing is decided early: the same writes come, at the same times, whoever looks.
 */
const MILLION = 1_000_000;
/** Writes looked ahead at once, and time: after that one looks again. */
const LOOK_WRITES = 1024;
const LOOK_NS = NS_PER_S;

/** Time of the first write to a missing page, or of the last one that was looked at; −1 when no write will come. */
export function nextLookNs(world: World, vm: VmRecord): number {
	if (vm.vcpuState !== 'running' || vm.speedPpm <= 0 || vm.writesPerSecond <= 0) return -1;
	const within = Math.floor((LOOK_NS * (vm.speedPpm / MILLION) * vm.writesPerSecond + vm.writeRest) / NS_PER_S);
	const most = Math.min(LOOK_WRITES, Math.max(1, within));
	const lanes = [0, 1, 2, 3].map((lane) => world.c.streamState.get(vm.stream * 4 + lane));
	const cursors = vm.classes.map((one) => one.cursor);
	let writes = 1;
	while (!isMissing(world, vm, nextWrite(world, vm)) && writes < most) writes += 1;
	lanes.forEach((word, lane) => world.c.streamState.set(vm.stream * 4 + lane, word));
	vm.classes.forEach((one, index) => (one.cursor = cursors[index] as number));
	return Math.min(world.r.nowNs + LOOK_NS, timeOfWrite(world, vm, writes));
}

/** When the given number of further writes will be due: the inverse of the arithmetic of `catchUp`, rests included. */
function timeOfWrite(world: World, vm: VmRecord, writes: number): number {
	const progressNs = Math.ceil((writes * NS_PER_S - vm.writeRest) / vm.writesPerSecond);
	if (progressNs > LOOK_NS) return Infinity;
	return world.r.nowNs + Math.max(1, Math.ceil((progressNs * MILLION - vm.progressRest) / vm.speedPpm));
}

/** What decides the guest's next writes has changed: it is looked at anew, at this very time. */
export function lookAgain(world: World, vm: VmRecord): void {
	const { fetch } = vm;
	if (!fetch || fetch.lookNs === world.r.nowNs) return;
	fetch.lookNs = world.r.nowNs;
	schedule(world, world.r.nowNs, EventKind.fetch, fetch.operation, 0);
}
