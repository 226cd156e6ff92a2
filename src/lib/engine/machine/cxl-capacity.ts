import { MIB } from '../../base/units.ts';
import { emptyList, emptyLog, emptyMedia } from '../fabric/build.ts';
import { osRecord } from '../mm/os/os.ts';
import type { DeviceRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import { readCxlArguments, type CxlMemdevWords } from './cxl-args.ts';
import type { QemuMachine } from './qemu-args.ts';

/**
 * The memory devices of a machine as their firmware sees them: regions of dynamic capacity behind the static part, the event
 * log, the poison list (QEMU 10.2.2 hw/mem/cxl_type3.c cxl_create_dc_regions; include/hw/cxl/cxl_device.h for the limits).
 */
const BLOCK_BYTES = 2 * MIB;
const EXTENT_LIMIT = 512;
const LOG_RECORDS = 8;
const POISON_LIMIT = 256;

export function buildCapacity(world: World, os: number, machine: QemuMachine): void {
	readCxlArguments(machine).memdevs.forEach((words, index) => {
		world.r.fabric.devices.push(newDevice(world, os, machine, words, index));
	});
}

function newDevice(world: World, os: number, machine: QemuMachine, words: CxlMemdevWords, index: number): DeviceRecord {
	const { id } = osRecord(world, os);
	const staticBytes = words.volatileBytes + words.persistentBytes;
	const bytes = words.dynamicRegions === 0 ? 0 : words.dynamicBytes / words.dynamicRegions;
	const type3 = machine.devices.filter((device) => device.type === 'cxl-type3');
	const anonymous = machine.devices.filter((device) => device.id === '');
	const part = type3[index];
	const name = words.id === '' && part ? `device[${anonymous.indexOf(part)}]` : words.id;
	return {
		id: `${id}.${name}`,
		kind: 'sld',
		profile: 'qemu111',
		machine: os,
		present: true,
		mediaBytes: staticBytes + bytes * words.dynamicRegions,
		freeMedia: emptyMedia(staticBytes + bytes * words.dynamicRegions, staticBytes),
		staticBytes,
		staticParts: (words.volatileBytes > 0 ? 1 : 0) + (words.persistentBytes > 0 ? 1 : 0),
		hardwareCoherent: false,
		limits: { extents: EXTENT_LIMIT, tags: 0, logRecords: LOG_RECORDS, poison: POISON_LIMIT },
		lds: [
			{
				host: id,
				number: 0,
				regions: Array.from({ length: words.dynamicRegions }, (_, region) => ({
					baseDpa: staticBytes + region * bytes,
					decodeBytes: bytes,
					bytes,
					blockBytes: BLOCK_BYTES,
					sharable: false,
					hardwareCoherent: false,
					readOnly: false,
					nonVolatile: false,
					sanitize: false
				})),
				decoders: [],
				pending: [],
				...emptyList(),
				presented: -1,
				log: emptyLog()
			}
		],
		gfd: null,
		poison: [],
		poisonOverflow: false,
		mediaEvents: []
	};
}
