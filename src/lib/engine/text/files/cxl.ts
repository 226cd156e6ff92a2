import { daxName } from '../../cxl/dax.ts';
import { cxlOf, decoderName, memdevName, portName, regionName } from '../../cxl/find.ts';
import { cxlFiles, readCxlFile } from '../../cxl/sysfs.ts';
import type { CxlMemdevRecord, CxlRecord, DaxDeviceRecord } from '../../state/cxl-records.ts';
import type { World } from '../../state/world.ts';
import { directory, file, line, type Directory, type Entry } from './tree.ts';

/** /sys/bus/cxl and /sys/bus/dax of a machine that has CXL (Linux 7.2 drivers/cxl/core, drivers/dax/bus.c). */
export function busDirectory(world: World, os: number): Readonly<Record<string, Entry>> {
	const cxl = cxlOf(world, os);
	if (cxl === null) return {};
	return {
		bus: directory(() => ({
			cxl: directory(() => ({
				devices: directory(() => Object.fromEntries(devices(cxl))),
				drivers: directory(() => ({ cxl_region: bindFiles() }))
			})),
			dax: directory(() => ({
				devices: directory(() => Object.fromEntries(cxl.daxes.map((dax) => [daxName(dax), daxDirectory(dax)]))),
				drivers: directory(() => ({ device_dax: bindFiles(), kmem: bindFiles() }))
			}))
		}))
	};
}

const bindFiles = (): Directory => directory(() => ({ bind: file(() => '', true), unbind: file(() => '', true) }));
const hex = (value: number): string => `0x${value.toString(16)}`;

function devices(cxl: CxlRecord): [string, Directory][] {
	const generic = [
		...cxl.ports.map(portName),
		...cxl.decoders.map((decoder) => decoderName(cxl, decoder)),
		...cxl.regions.map(regionName)
	].map((name): [string, Directory] => [name, deviceDirectory(cxl, name)]);
	const memdevs = cxl.memdevs.map((memdev): [string, Directory] => [memdevName(memdev), memdevDirectory(memdev)]);
	// libnvdimm's side: a bridge, and one device per memory device that has persistent memory and a way to it.
	const persistent = cxl.memdevs.filter((memdev) => memdev.pmemBytes > 0 && memdev.endpoint >= 0).map((memdev) => `pmem${memdev.id}`);
	const nvdimm = ['nvdimm-bridge0', ...persistent].map((name): [string, Directory] => [name, directory(() => ({}))]);
	return [...generic, ...memdevs, ...nvdimm];
}

function deviceDirectory(cxl: CxlRecord, name: string): Directory {
	return directory(() =>
		Object.fromEntries(
			cxlFiles(cxl, name).map((each) => [
				each.name,
				line(() => readCxlFile(cxl, `/sys/bus/cxl/devices/${name}/${each.name}`) ?? '', each.writable)
			])
		)
	);
}

function memdevDirectory(memdev: CxlMemdevRecord): Directory {
	const part = (bytes: number): Directory => directory(() => ({ size: line(() => hex(bytes)) }));
	return directory(() => ({ serial: line(() => hex(memdev.serial ?? 0)), ram: part(memdev.ramBytes), pmem: part(memdev.pmemBytes) }));
}

function daxDirectory(dax: DaxDeviceRecord): Directory {
	return directory(() => ({
		size: line(() => dax.bytes),
		align: line(() => dax.alignBytes),
		target_node: line(() => dax.node),
		resource: line(() => hex(dax.start))
	}));
}
