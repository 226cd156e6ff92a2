import type { Invariant } from '../sim/invariants.ts';
import { dirtyOrEqual, proveContent } from './content.ts';
import { primaryGone } from '../migration/failover.ts';
import { deviceMaps } from './device-maps.ts';
import { devicePinsLie, pinnedPagesAddUp } from './device-pins.ts';
import { appsHaveMemory, daxOnExtents, lineOwners, storesKept } from './fabric-use.ts';
import { addressesComeBack, bindings } from './fabric-addresses.ts';
import { guestsRun } from './fabric-guests.ts';
import { loadFits } from './fabric-load.ts';
import { extentLists, extentMedia, tagsAreHeld } from './fabric-extents.ts';
import { areaContent, areaFrames, framesMapped } from './machine-areas.ts';
import { cxlDecoders, cxlDeviceMemory, cxlRegions, cxlWindows, daxBlocks } from './machine-cxl.ts';
import { isolatedBlocks, memmapsOfSections, memoryBlockStates, memoryBlockZones, memoryGroups } from './machine-blocks.ts';
import { machineKernelZone, machineLists, machinePins, machineSwap, machineZoneSizes } from './machine-zones.ts';
import { virtioSizes, virtioStates } from './machine-virtio.ts';
import { everyFrameOwned, frameOwner, kernelZone, oneAllocator, structureCounts, zoneCounters } from './memory.ts';
import { packetsAddUp, ringsAddUp } from './packets.ts';
import { fencedNeverWins, noSecondRunner, vmsAccountedFor } from './rack.ts';
import { guardsHold, mapNamesRunners, noLongPinOnPool, splitOnPool, tagsAreOneVms, unmovableAtHome } from './reference.ts';
import { descriptorsFit, dirtyCounts, eventOrder, linksFit, oneRunner, stoppedInSwitchOver } from './protocol.ts';

/** Every whole-world statement, in the order in which it is checked and shown. */
export const INVARIANTS: readonly Invariant[] = [
	{ id: 'content', statement: 'every guest page holds what the guest last wrote', check: (world) => proveContent(world).found },
	{ id: 'dirty-or-equal', statement: 'a copy that is not current is marked to go again', check: dirtyOrEqual },
	{ id: 'frame-owner', statement: 'every mapped frame belongs to the page that maps it', check: frameOwner },
	{ id: 'every-frame-owned', statement: 'every frame is free or has an owner that knows it', check: everyFrameOwned },
	{ id: 'zone-counters', statement: 'free lists, counters and zones say the same', check: zoneCounters },
	{ id: 'one-allocator', statement: 'no frame is in two allocators', check: oneAllocator },
	{ id: 'structure-counts', statement: 'counts beside a block equal its rows', check: structureCounts },
	{ id: 'kernel-zone', statement: 'no kernel memory lies in ZONE_MOVABLE', check: kernelZone },
	{ id: 'device-pins', statement: 'no page that a vDPA device holds lies in ZONE_MOVABLE', check: devicePinsLie },
	{ id: 'pinned-pages', statement: 'the account of pinned pages is what vDPA devices hold', check: pinnedPagesAddUp },
	{
		id: 'device-maps',
		statement: 'a vDPA device’s maps are what the memory listener promised, or it was told which are not',
		check: deviceMaps
	},
	{ id: 'packets', statement: 'every packet came in, went out, waits, or is counted as lost or misplaced', check: packetsAddUp },
	{ id: 'rings', statement: 'descriptors of a virtqueue are free or out, and its indices are in order', check: ringsAddUp },
	{
		id: 'machine-lists',
		statement: 'free lists of machines hold free chunks of their zone and type, and all of them',
		check: machineLists
	},
	{ id: 'machine-zones', statement: 'spanned, present and managed pages of machines add up', check: machineZoneSizes },
	{ id: 'machine-kernel-zone', statement: 'no kernel, pipe or secure page of a machine lies in ZONE_MOVABLE', check: machineKernelZone },
	{ id: 'machine-pins', statement: 'no long-term pin holds a page in ZONE_MOVABLE', check: machinePins },
	{ id: 'machine-swap', statement: 'swap entries of machines add up', check: machineSwap },
	{ id: 'memory-block-states', statement: 'memory blocks hold what their state says', check: memoryBlockStates },
	{ id: 'memory-block-zones', statement: 'a memory block is in one state, and in zones of its node', check: memoryBlockZones },
	{ id: 'isolated-blocks', statement: 'only what is going offline or being emptied is isolated', check: isolatedBlocks },
	{ id: 'memory-groups', statement: 'groups count what is online of their device', check: memoryGroups },
	{ id: 'memmaps', statement: 'every added section has its struct pages, and only those have', check: memmapsOfSections },
	{ id: 'area-frames', statement: 'a page of a process lies in a frame that says so', check: areaFrames },
	{ id: 'area-frames-mapped', statement: 'no page of a process is lost', check: framesMapped },
	{ id: 'area-content', statement: 'a page of a process holds what it last wrote', check: areaContent },
	{ id: 'virtio-sizes', statement: 'the sizes of a virtio-mem device are those of its blocks', check: virtioSizes },
	{ id: 'virtio-states', statement: 'a virtio-mem driver believes what is so', check: virtioStates },
	{ id: 'cxl-windows', statement: 'windows and regions do not overlap, a region lies in its window', check: cxlWindows },
	{ id: 'cxl-decoders', statement: 'a committed decoder decodes its region, upwards on every port', check: cxlDecoders },
	{ id: 'cxl-device-memory', statement: 'no device memory belongs to two decoders', check: cxlDeviceMemory },
	{ id: 'cxl-regions', statement: 'a region has every position once and the size of its devices', check: cxlRegions },
	{ id: 'dax-blocks', statement: 'memory blocks of a window belong to one dax device', check: daxBlocks },
	{ id: 'fabric-bindings', statement: 'a logical device is bound once, to the host that it says', check: bindings },
	{ id: 'fabric-addresses', statement: 'a host address that reaches a device address comes back from it', check: addressesComeBack },
	{
		id: 'extent-lists',
		statement: 'extents lie apart in their regions, and lists, groups and trees hold the same ones',
		check: extentLists
	},
	{ id: 'extent-media', statement: 'every range of media has one owner, or is shared under its tag', check: extentMedia },
	{ id: 'extent-tags', statement: 'a tag knows who has it', check: tagsAreHeld },
	{ id: 'stores-kept', statement: 'no store to shared or pooled memory is lost in silence', check: storesKept },
	{ id: 'line-owners', statement: 'a coherent line has one owner, or sharers that agree with the medium', check: lineOwners },
	{ id: 'dax-extents', statement: 'a DAX device stands on accepted extents of its tag, in order', check: daxOnExtents },
	{ id: 'app-memory', statement: 'an application runs on memory that its host has', check: appsHaveMemory },
	{
		id: 'fabric-guests',
		statement: 'a VM’s program runs where its VM runs, and finds what it wrote or was told what became of it',
		check: guestsRun
	},
	{ id: 'fabric-links', statement: 'copies over a link of a fabric need no more than it has', check: loadFits },
	{ id: 'one-runner', statement: 'a VM runs on one host at most, the one its owner word names', check: oneRunner },
	{ id: 'second-runner', statement: 'no incarnation that was left behind runs beside the new one', check: noSecondRunner },
	{ id: 'fenced-never-wins', statement: 'a fenced incarnation owns nothing, what was recovered has a new token', check: fencedNeverWins },
	{ id: 'vms-accounted', statement: 'a VM runs on a host that is up, or its loss is on the list', check: vmsAccountedFor },
	{ id: 'stopped-in-switch-over', statement: 'the guest does not run during the final pass', check: stoppedInSwitchOver },
	{ id: 'descriptors', statement: 'published ranges name every page once, at its place', check: descriptorsFit },
	{ id: 'unmovable-at-home', statement: 'no secure page, and no folio that a device holds, lies on the pool', check: unmovableAtHome },
	{ id: 'primary-gone', statement: 'while pages are sent, a network card with a stand-in is out of the guest', check: primaryGone },
	{ id: 'guards', statement: 'a published page that a guard refers to does not move', check: guardsHold },
	{ id: 'vcpu-map', statement: 'vCPUs of a split VM run where the super-page says', check: mapNamesRunners },
	{ id: 'split-pages', statement: 'both hosts of a split VM reach all of its pages', check: splitOnPool },
	{ id: 'long-pins', statement: 'no long-term pin holds a folio on the pool', check: noLongPinOnPool },
	{ id: 'tags', statement: 'a tag is one VM’s, and its extents do not overlap in it', check: tagsAreOneVms },
	{ id: 'dirty-counts', statement: 'dirty bits and their counts agree', check: dirtyCounts },
	{ id: 'links', statement: 'no link carries more than it can', check: linksFit },
	{ id: 'event-order', statement: 'pending events are in order and none lies in the past', check: eventOrder }
];
