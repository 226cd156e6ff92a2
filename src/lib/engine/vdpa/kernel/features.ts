import type { DeviceTraits } from '../../contract/vdpa/kinds.ts';
import { BACKEND_FEATURES } from '../../contract/vdpa/kinds.ts';
import { refusal, type Refusal } from './result.ts';

/** Backend features (Linux 7.1.8 drivers/vhost/vdpa.c, VHOST_GET_BACKEND_FEATURES and VHOST_SET_BACKEND_FEATURES). */

const Bit = { msgV2: 1, batch: 2, asid: 3, suspend: 4, resume: 5, enableAfterDriverOk: 6, descriptorAsid: 7, persist: 8 } as const;
export const PERSIST_BIT = Bit.persist;

/** Bits that the kernel offers for this device, lowest first. */
export function offeredFeatures(traits: DeviceTraits): number[] {
	const offered: number[] = [Bit.msgV2, Bit.batch, Bit.asid];
	if (traits.suspend) offered.push(Bit.suspend);
	if (traits.resume) offered.push(Bit.resume);
	if (traits.enableAfterDriverOk) offered.push(Bit.enableAfterDriverOk);
	if (traits.descriptorGroup) offered.push(Bit.descriptorAsid);
	if (traits.keepsMap) offered.push(Bit.persist);
	return offered;
}

export function checkFeatures(traits: DeviceTraits, bits: readonly number[]): Refusal | null {
	const offered = offeredFeatures(traits);
	const named = (bit: number): string => BACKEND_FEATURES.find((feature) => feature.bit === bit)?.name ?? `bit ${bit}`;
	const unknown = bits.find((bit) => !BACKEND_FEATURES.some((feature) => feature.bit === bit));
	if (unknown !== undefined) return refusal('EOPNOTSUPP', `no backend feature is ${named(unknown)}`);
	const missing = bits.find((bit) => bit !== Bit.descriptorAsid && !offered.includes(bit));
	if (missing !== undefined) return refusal('EOPNOTSUPP', `the device does not offer ${named(missing)}`);
	if (!bits.includes(Bit.descriptorAsid)) return null;
	if (!bits.includes(Bit.asid)) return refusal('EINVAL', 'DESC_ASID needs IOTLB_ASID');
	return traits.descriptorGroup ? null : refusal('EOPNOTSUPP', 'the device does not offer DESC_ASID');
}
