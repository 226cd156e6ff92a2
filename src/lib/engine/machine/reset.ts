import { assert } from '../../base/assert.ts';
import { BLOCK_ORDER } from '../contract/words.ts';
import { removeMemory } from '../mm/blocks/add.ts';
import { offlineNow } from '../mm/blocks/offline.ts';
import { healAll } from '../mm/blocks/poison.ts';
import { blockState } from '../mm/blocks/sections.ts';
import { release } from '../mm/buddy.ts';
import { readCommandLine } from '../mm/boot/command-line.ts';
import { defaultSettings } from '../mm/boot/new-os.ts';
import { blockCountOf, setBits } from '../mm/drivers/device-blocks.ts';
import { blockAtAddress, memoryBlockBytes } from '../mm/drivers/find.ts';
import { dropPool } from '../mm/hugetlb/pool.ts';
import { newCall } from '../mm/os/calls.ts';
import { BLOCKS_PER_SECTION, osRecord, sectionOfBlock } from '../mm/os/os.ts';
import { endProcess, runRingExit } from '../mm/process/end.ts';
import { emit } from '../sim/trace.ts';
import type { VirtioMemRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { abandonRange } from '../virtio-mem/driver/fake-offline.ts';
import { clearAll, isBusy } from '../virtio-mem/requests.ts';
import { sizeChanged } from '../virtio-mem/size-event.ts';
import { resetCxl } from './cxl-reset.ts';
import { breakOff } from './events.ts';
import { freeKernelPages } from './old-kernel.ts';
import { bootDrivers } from './run-state.ts';
import { tell } from './tell.ts';

/**
 * system_reset: programs are gone, memory devices start from nothing, Linux boots with its command line (QEMU 10.0.13
 * system/runstate.c; hw/virtio/virtio-mem.c, virtio_mem_system_reset_hold). Our simplification: what the kernel itself holds
 * of its boot memory lies where it lay before, and booting takes no time.
 */
export function resetMachine(world: World, os: number): void {
	const record = osRecord(world, os);
	tell(world, record, 'RESET', { guest: false, reason: 'host-qmp-system-reset' });
	const seq = emit(world, {
		kind: 'request',
		rule: 'system-reset',
		cause: null,
		host: record.id,
		vm: null,
		values: { machine: record.id },
		text: `${record.id}: system reset`
	});
	for (const process of world.r.processes.filter((each) => each.os === os && each.state === 'running'))
		endProcess(world, os, process.id, newCall(world, os, 'kernel', 'process-end', `reset ends ${process.id}`, seq));
	endCalls(world, os);
	delete record.sleep;
	delete record.alarm;
	healAll(world, os);
	dropPool(world, os);
	for (const device of world.r.virtioMems) if (device.os === os && device.state === 'plugged') resetDevice(world, device, seq);
	resetCxl(world, os);
	const scenario = world.scenario.machines.find((machine) => machine.id === record.id);
	if (scenario) record.settings = defaultSettings(scenario, record.nodes.length);
	readCommandLine(record.append, record.settings);
	// system/runstate.c: a stopped machine waits with its boot for cont.
	if (record.state === 'running') bootDrivers(world, os);
	else record.state = 'prelaunch';
}

/** Nobody goes on: work that the dead kernel had put off, such as letting go of pins, is done; everything else just ends. */
function endCalls(world: World, os: number): void {
	for (const call of world.r.calls.filter((each) => each.os === os && each.state === 'running' && each.actor !== 'qmp'))
		if (call.work['walk'] === 'ring-exit') runRingExit(world, call);
		else breakOff(world, call);
}

/** Its memory blocks leave Linux whatever is in them; then QEMU unplugs all, unless a migration keeps the device busy. */
function resetDevice(world: World, device: VirtioMemRecord, cause: number): void {
	const { os } = device;
	abandonRange(world, device);
	const bytes = memoryBlockBytes(world, os);
	const first = Math.ceil(device.addr / bytes);
	const end = Math.floor((device.addr + device.regionBytes) / bytes);
	freeMemmaps(world, os, first * bytes, end * bytes);
	for (let id = end - 1; id >= first; id -= 1) {
		if (blockState(world, os, id) === null) continue;
		if (blockState(world, os, id) === 'online') {
			freeKernelPages(world, os, blockAtAddress(world, os, id * bytes), (bytes / 2 ** 27) * BLOCKS_PER_SECTION);
			const refused = offlineNow(world, os, id);
			assert(refused === null, `memory${id} outlives the reset: ${refused}`);
		}
		removeMemory(world, os, id * bytes, bytes);
	}
	device.driver = {
		...device.driver,
		state: 'absent',
		blockStates: [],
		running: false,
		timerNs: -1,
		generation: device.driver.generation + 1,
		work: {}
	};
	device.group = -1;
	setBits(world.c.driverPlugged, device, 0, blockCountOf(device), false);
	if (isBusy(world, device)) return;
	const before = device.pluggedBytes;
	clearAll(world, device);
	if (before > 0) sizeChanged(world, device, cause);
}

/** Struct pages of the device's memory: they lie in its own lower blocks or in boot memory. */
function freeMemmaps(world: World, os: number, from: number, to: number): void {
	const record = osRecord(world, os);
	const first = sectionOfBlock(blockAtAddress(world, os, from));
	const end = sectionOfBlock(blockAtAddress(world, os, to - 1)) + 1;
	const inside = (section: number): boolean => section >= first && section < end;
	const gone = record.memmaps.filter((entry) => inside(entry.section));
	record.memmaps = record.memmaps.filter((entry) => !inside(entry.section));
	for (const entry of gone) release(world, entry.frame, BLOCK_ORDER);
	for (const background of record.background) {
		const charged = record.memmaps.filter((entry) => world.c.memoryBlockNode.get(entry.section) - 1 === background.node);
		background.memmapPages = charged.reduce((sum, entry) => sum + entry.pages, 0);
	}
}
