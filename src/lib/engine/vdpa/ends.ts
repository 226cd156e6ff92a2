import type { DeviceEndRecord, NicRecord } from '../state/vdpa-records.ts';
import { makeVhostTree } from './iova/vhost-tree.ts';
import { newKernelDevice } from './kernel/device.ts';

/** A device on a host, as one QEMU process will open it: nothing set, nothing mapped. */
export function newEnd(nic: NicRecord, host: number, instance: 0 | 1): DeviceEndRecord {
	const tree = () => makeVhostTree(BigInt(nic.iovaFirst), BigInt(nic.iovaLast));
	return {
		host,
		instance,
		kernel: newKernelDevice(nic.traits, nic.queues.length),
		svq: false,
		listener: false,
		tree: tree(),
		ringTree: tree(),
		treeEpoch: 0,
		mapped: [],
		rings: [],
		toldWrong: []
	};
}
