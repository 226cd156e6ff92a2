import { formatAddress } from '../../base/address.ts';
import { wordsOf } from '../mm/drivers/device-blocks.ts';
import { osRecord } from '../mm/os/os.ts';
import { emit } from '../sim/trace.ts';
import type { BackendRecord, VirtioMemRecord } from '../state/machine-records.ts';
import type { World } from '../state/world.ts';
import { defaultBlockBytes, inaccessible, type VirtioMemWanted } from './properties.ts';
import { resizeUsable } from './usable.ts';

/** A realized device at its address: nothing plugged, no driver yet. The caller has checked everything. */
export function createVirtioMem(world: World, os: number, wanted: VirtioMemWanted, backend: BackendRecord, addr: number): VirtioMemRecord {
	const { r } = world;
	const blockBytes = wanted.blockBytes || defaultBlockBytes(backend);
	const device: VirtioMemRecord = {
		id: wanted.id,
		os,
		memdev: backend.id,
		node: wanted.node,
		addr,
		regionBytes: backend.bytes,
		blockBytes,
		usableBytes: 0,
		requestedBytes: wanted.requestedBytes,
		pluggedBytes: 0,
		firstDeviceWord: freeWords(world, wordsOf(backend.bytes / blockBytes)),
		prealloc: wanted.prealloc,
		dynamicMemslots: wanted.dynamicMemslots,
		unpluggedInaccessible: inaccessible(wanted, backend),
		bus: wanted.bus,
		state: 'plugged',
		leaving: false,
		group: -1,
		eventSentNs: -1,
		eventWaiting: -1,
		events: [],
		requests: [],
		retries: 0,
		driver: {
			state: 'absent',
			mode: 'sbm',
			subBlockBytes: 0,
			bigBlockBytes: 0,
			firstMemoryBlock: 0,
			endMemoryBlock: 0,
			blockStates: [],
			offlineBytes: 0,
			offlineThreshold: 0,
			retryNs: 0,
			timerNs: -1,
			running: false,
			configChanged: false,
			unplugAllRequired: false,
			lastResult: '',
			generation: 0,
			work: {}
		}
	};
	resizeUsable(device, wanted.requestedBytes, true);
	backend.usedBy = wanted.id === '' ? 'virtio-mem-pci' : wanted.id;
	r.virtioMems.push(device);
	emit(world, {
		kind: 'request',
		rule: 'memory-device',
		cause: null,
		host: osRecord(world, os).id,
		vm: null,
		values: { device: device.id, addr, regionBytes: device.regionBytes, blockBytes, node: device.node },
		text: `${device.id}: virtio-mem at ${formatAddress(addr)}, node ${device.node}`
	});
	return device;
}

/** First gap in the words of all devices that are there; what a device left behind is zero again. */
function freeWords(world: World, count: number): number {
	const used = world.r.virtioMems
		.filter((device) => device.state === 'plugged')
		.map((device) => [device.firstDeviceWord, device.firstDeviceWord + wordsOf(device.regionBytes / device.blockBytes)] as const)
		.sort((a, b) => a[0] - b[0]);
	let at = 0;
	for (const [first, end] of used) {
		if (first - at >= count) break;
		at = Math.max(at, end);
	}
	return at;
}
