import type {
	CxlDaxStatus,
	CxlDecoderStatus,
	CxlEndpointDecoderStatus,
	CxlMemdevStatus,
	CxlPortStatus,
	CxlRegionStatus,
	CxlWindowStatus,
	MachineCxlStatus
} from '../contract/machine-cxl.ts';
import { blocksOfDax, daxName, kmemRange } from '../cxl/dax.ts';
import { cxlOf, decoderAt, decoderName, decodersOf, memdevName, memdevOf, portAt, portName, regionById, regionName } from '../cxl/find.ts';
import { osRecord } from '../mm/os/os.ts';
import type {
	CxlDecoderRecord,
	CxlMemdevRecord,
	CxlPortRecord,
	CxlRecord,
	CxlRegionRecord,
	DaxDeviceRecord
} from '../state/cxl-records.ts';
import type { World } from '../state/world.ts';
import { capacityStatus } from './fabric-capacity.ts';

/** CXL memory of one machine for the page: what firmware told, what the drivers made of it, what became of it. */
export function machineCxlStatus(world: World, os: number): MachineCxlStatus | null {
	const cxl = cxlOf(world, os);
	if (cxl === null) return null;
	return {
		windows: decodersOf(cxl, 0).map((index) => windowStatus(cxl, decoderAt(cxl, index))),
		ports: cxl.ports.flatMap((port, index) => (port.kind === 'bridge' || port.kind === 'switch' ? [portStatus(cxl, port, index)] : [])),
		memdevs: cxl.memdevs.map((memdev) => memdevStatus(world, cxl, memdev)),
		regions: cxl.regions.toSorted((a, b) => a.id - b.id).map((region) => regionStatus(cxl, region)),
		daxes: cxl.daxes.filter((dax) => dax.bytes > 0).map((dax) => daxStatus(world, cxl, dax)),
		lost: cxl.leaks.map((leak) => ({ baseHpa: leak.start, bytes: leak.bytes }))
	};
}

function windowStatus(cxl: CxlRecord, root: CxlDecoderRecord): CxlWindowStatus {
	return {
		name: decoderName(cxl, root),
		baseHpa: root.start,
		bytes: root.bytes,
		granularity: root.granularityBytes,
		targets: root.targets.map((uid) => {
			const bridge = cxl.ports.find((port) => port.kind === 'bridge' && port.parentDport === uid);
			return bridge === undefined ? null : portName(bridge);
		}),
		node: cxl.windows.find((window) => window.base === root.start)?.node ?? -1
	};
}

function portStatus(cxl: CxlRecord, port: CxlPortRecord, index: number): CxlPortStatus {
	const own = decodersOf(cxl, index).map((at) => decoderAt(cxl, at));
	const parent = portAt(cxl, port.parent);
	return {
		name: portName(port),
		kind: port.kind as 'bridge' | 'switch',
		parent: parent.kind === 'root' ? null : portName(parent),
		host: port.host,
		passthrough: port.passthrough,
		decoders: own.filter((decoder) => decoder.bytes > 0 || decoder.region >= 0).map((decoder) => decoderStatus(cxl, decoder)),
		decoderCount: own.length
	};
}

function decoderStatus(cxl: CxlRecord, decoder: CxlDecoderRecord): CxlDecoderStatus {
	const region = decoder.region < 0 ? null : regionById(cxl, decoder.region);
	return {
		name: decoderName(cxl, decoder),
		baseHpa: decoder.start,
		bytes: decoder.bytes,
		ways: decoder.ways,
		granularity: decoder.granularityBytes,
		targets: [...decoder.targets],
		region: region === null ? null : regionName(region),
		committed: decoder.enabled
	};
}

function memdevStatus(world: World, cxl: CxlRecord, memdev: CxlMemdevRecord): CxlMemdevStatus {
	const endpoint = memdev.endpoint < 0 ? null : portAt(cxl, memdev.endpoint);
	const own = endpoint === null ? [] : decodersOf(cxl, memdev.endpoint).map((at) => decoderAt(cxl, at));
	const device = world.r.fabric.devices.findIndex((one) => one.id === `${osRecord(world, cxl.os).id}.${memdev.device}`);
	const record = world.r.fabric.devices[device];
	return {
		name: memdevName(memdev),
		device: memdev.device,
		address: memdev.host,
		serial: memdev.serial,
		ramBytes: memdev.ramBytes,
		pmemBytes: memdev.pmemBytes,
		dynamicBytes: memdev.dynamicBytes,
		endpoint: endpoint === null ? null : portName(endpoint),
		parent: endpoint === null ? null : portName(portAt(cxl, endpoint.parent)),
		dport: endpoint === null ? -1 : endpoint.parentDport,
		sharedWith: world.r.cxl
			.filter((other) => other.os !== cxl.os && other.memdevs.some((each) => each.store === memdev.store))
			.map((other) => osRecord(world, other.os).id),
		decoders: own
			.filter((decoder) => decoder.dpaBytes > 0)
			.map((decoder): CxlEndpointDecoderStatus => ({
				...decoderStatus(cxl, decoder),
				mode: decoder.mode,
				dpa: decoder.dpaStart,
				dpaBytes: decoder.dpaBytes,
				position: decoder.position
			})),
		decoderCount: own.length,
		dynamicBase: record?.staticBytes ?? 0,
		extents: memdev.dynamicBytes === 0 || device < 0 ? [] : capacityStatus(world, device, 0).extents
	};
}

function regionStatus(cxl: CxlRecord, region: CxlRegionRecord): CxlRegionStatus {
	return {
		name: regionName(region),
		window: decoderName(cxl, decoderAt(cxl, region.root)),
		state: region.state,
		mode: region.mode,
		baseHpa: region.start,
		bytes: region.bytes,
		ways: region.ways,
		granularity: region.granularityBytes,
		targets: region.targets.map((index) => {
			if (index < 0) return null;
			const decoder = decoderAt(cxl, index);
			return { memdev: memdevName(memdevOf(cxl, decoder)), decoder: decoderName(cxl, decoder) };
		}),
		enabled: region.enabled
	};
}

function daxStatus(world: World, cxl: CxlRecord, dax: DaxDeviceRecord): CxlDaxStatus {
	const covered = dax.driver === 'kmem' ? kmemRange(world, cxl.os, dax).bytes : dax.bytes;
	return {
		name: daxName(dax),
		region: `region${dax.region}`,
		baseHpa: dax.start,
		bytes: dax.bytes,
		node: dax.node,
		driver: dax.driver,
		memoryBlocks: blocksOfDax(world, cxl.os, dax).toSorted((a, b) => a - b),
		uncoveredBytes: dax.bytes - covered
	};
}
