import type { VmId } from '../ids.ts';
import type { QmpArguments } from '../machine-commands.ts';

/** What may be asked of the network devices of a VM, in one form: the word and its arguments. */
export interface VdpaCommand {
	readonly name: 'vdpa';
	readonly vm: VmId;
	/** Id of the device; left out for words that concern the VM. */
	readonly nic?: string;
	readonly execute: VdpaWord;
	readonly arguments?: QmpArguments;
}

export const VDPA_WORDS = {
	'plug-dimm': 'plugs a DIMM: {bytes}',
	'unplug-dimm': 'takes the last DIMM out again',
	'device-add': 'adds a device to the VM: {driver}; only to be refused where the model has none',
	'set-strategy': 'how the change to shadow virtqueues is done: {strategy} and any part of a choice',
	'set-traffic': 'packets from and to the network: {packetsPerSecond, payloadBytes, receivePermille}',
	'fail-migration': 'the target goes away: the migration fails',
	message: 'one message on the IOTLB: {op, asid, iova, bytes, uaddr, permission}',
	call: 'one ioctl of vhost-vdpa: {call, …}',
	'live-update': 'a new QEMU process takes over the device',
	'viommu-map': 'the guest’s IOMMU driver maps pages: {giova, gfn, pages}',
	'viommu-unmap': 'the guest’s IOMMU driver unmaps: {giova, pages}'
} as const;
export type VdpaWord = keyof typeof VDPA_WORDS;
export const VDPA_WORD_NAMES = Object.keys(VDPA_WORDS) as VdpaWord[];
