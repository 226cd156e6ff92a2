import { ERRNO } from '../contract/errno.ts';
import { logLine, osRecord } from '../mm/os/os.ts';
import { emit } from '../sim/trace.ts';
import type { CxlRecord, CxlRegionRecord, DaxDeviceRecord } from '../state/cxl-records.ts';
import type { World } from '../state/world.ts';
import { attachTarget } from './attach.ts';
import { resetRegion } from './commit.ts';
import { bindDax, DAX_ALIGN, unbindDax } from './dax.ts';
import { decoderAt, decoderName, portAt, portName, regionName } from './find.ts';

/**
 * The region's driver (Linux 7.2 drivers/cxl/core/region.c, cxl_region_probe; drivers/dax/cxl.c, cxl_dax_region_probe): a
 * volatile region becomes one dax device over its whole length, which goes to kmem at once; a persistent one becomes a region
 * of libnvdimm, which the engine does not follow further.
 */
export function bindRegion(world: World, cxl: CxlRecord, region: CxlRegionRecord): string | null {
	if (region.enabled) return 'EBUSY';
	if (region.state !== 'commit') return 'ENXIO';
	region.enabled = true;
	emit(world, {
		kind: 'online',
		rule: 'cxl-region',
		cause: null,
		host: osRecord(world, cxl.os).id,
		values: {
			region: regionName(region),
			start: region.start,
			bytes: region.bytes,
			ways: region.ways,
			granularity: region.granularityBytes
		},
		text: `${osRecord(world, cxl.os).id}: ${regionName(region)} decodes ${region.bytes} bytes in ${region.ways} ways`
	});
	if (region.mode === 'pmem') return null;
	const dax: DaxDeviceRecord = {
		region: region.id,
		id: 0,
		start: region.start,
		bytes: region.bytes,
		alignBytes: DAX_ALIGN,
		node: nodeOf(cxl, region),
		driver: 'none',
		group: -1
	};
	cxl.daxes.push(dax);
	// A device that kmem refuses stays on its bus without a driver.
	bindDax(world, cxl, dax, 'kmem');
	return null;
}

/** Node that Linux made for the window (drivers/acpi/numa/srat.c, acpi_parse_cfmws; phys_to_target_node). */
function nodeOf(cxl: CxlRecord, region: CxlRegionRecord): number {
	const { start } = decoderAt(cxl, region.root);
	return cxl.windows.find((window) => window.base === start)?.node ?? -1;
}

/** device_release_driver: the dax devices go with it. */
export function unbindRegion(world: World, cxl: CxlRecord, region: CxlRegionRecord): void {
	if (!region.enabled) return;
	for (const dax of cxl.daxes) if (dax.region === region.id) unbindDax(world, cxl, dax);
	cxl.daxes = cxl.daxes.filter((dax) => dax.region !== region.id);
	region.enabled = false;
	emit(world, {
		kind: 'offline',
		rule: 'cxl-region',
		cause: null,
		host: osRecord(world, cxl.os).id,
		values: { region: regionName(region) },
		text: `${osRecord(world, cxl.os).id}: ${regionName(region)} has no driver any more`
	});
}

/** attach_target: what is refused is a line of the kernel log. */
export function attachLogged(world: World, cxl: CxlRecord, region: CxlRegionRecord, index: number, position: number): string | null {
	const errno = attachTarget(cxl, region, index, position);
	const decoder = decoderAt(cxl, index);
	if (errno !== null)
		logLine(
			world,
			cxl.os,
			`cxl_port ${portName(portAt(cxl, decoder.port))}: failed to attach ${decoderName(cxl, decoder)} to ${regionName(region)}: -${ERRNO[errno] ?? 0}`
		);
	return errno;
}

/** commit ← 0 (commit_store): first the driver, then the decoders. */
export function uncommitRegion(world: World, cxl: CxlRecord, region: CxlRegionRecord): void {
	if (region.state !== 'commit' && region.state !== 'reset-pending') return;
	region.state = 'reset-pending';
	unbindRegion(world, cxl, region);
	resetRegion(cxl, region);
}
