import { MIB } from '../../../base/units.ts';
import type { DeviceRecord } from '../../state/fabric-records.ts';
import type { FabricOutcome, FabricWord } from '../outcome.ts';
import { answered, failed, refusedHere, wholeOf } from './asked.ts';
import { managed } from './managed.ts';

/** Command sets 54h (MLD components) and 55h (multi-headed devices) by name (CXL 3.2 7.6.7.4, 7.6.7.5). */
const UNIT = 256 * MIB;
const UNASSIGNED = 0xff;

function onDevice(
	kinds: readonly DeviceRecord['kind'][],
	what: string,
	word: (device: DeviceRecord, start: number, limit: number) => FabricOutcome
): FabricWord {
	return (world, at, parameters) => {
		const device = world.r.fabric.devices.find((one) => one.id === at);
		if (!device) return refusedHere(`there is no device "${at}"`);
		if (!kinds.includes(device.kind)) return failed('unsupported', `${at} is no ${what}`);
		return word(device, wholeOf(parameters, 'start', 0, 255) ?? 0, wholeOf(parameters, 'limit', 0, 255) ?? 255);
	};
}

const ldBytes = (device: DeviceRecord, ld: number): number =>
	device.staticBytes + (device.lds[ld]?.regions.reduce((sum, region) => sum + region.decodeBytes, 0) ?? 0);

const ldInfo = onDevice(['mld'], 'multi-logical device', (device) =>
	answered(`${device.id}: ${device.lds.length} logical devices`, {
		'memory-size': device.mediaBytes,
		'ld-count': device.lds.length,
		'qos-telemetry-capability': 0
	})
);

const ldAllocations = onDevice(['mld'], 'multi-logical device', (device, start, limit) =>
	start >= device.lds.length
		? failed('invalidInput', `${device.id} has logical devices 0 to ${device.lds.length - 1}`)
		: answered(`what each logical device of ${device.id} has`, {
				'num-lds': device.lds.length,
				'memory-granularity': UNIT,
				'start-ld': start,
				allocations: device.lds.slice(start, start + limit).map((_, index) => ({
					'range-1': Math.ceil(ldBytes(device, start + index) / UNIT),
					'range-2': 0
				}))
			})
);

/** Static shares of a device that holds dynamic capacity are set where it is made (our simplification). */
const setLdAllocations = onDevice(['mld'], 'multi-logical device', (device) =>
	failed('unsupported', `the shares of ${device.id} are fixed: give dynamic capacity instead`)
);

const multiHeadedInfo = onDevice(['mh-sld'], 'multi-headed device', (device, start, limit) =>
	start >= device.lds.length
		? failed('invalidInput', `${device.id} has logical devices 0 to ${device.lds.length - 1}`)
		: answered(`${device.id}: ${device.lds.length} heads`, {
				'num-lds': device.lds.length,
				'num-heads': device.lds.length,
				'start-ld': start,
				'ld-map': device.lds.slice(start, start + limit).map((ld) => (ld.host === null ? UNASSIGNED : ld.number))
			})
);

const headInfo: FabricWord = (world, at, parameters) => {
	const device = world.r.fabric.devices.find((one) => one.id === at);
	if (!device) return refusedHere(`there is no device "${at}"`);
	if (device.kind !== 'mh-sld') return failed('unsupported', `${at} is no multi-headed device`);
	const start = wholeOf(parameters, 'start', 0, 255) ?? 0;
	const count = wholeOf(parameters, 'limit', 0, 255) ?? device.lds.length;
	if (start >= device.lds.length) return failed('invalidInput', `${at} has heads 0 to ${device.lds.length - 1}`);
	return answered(`heads of ${at}`, {
		'num-heads': device.lds.length,
		heads: device.lds.slice(start, start + count).map((ld) => {
			const up = ld.host !== null && !world.r.fabric.down.some((name) => name === at || name === `${at}:${ld.number}` || name === ld.host);
			return {
				'port-num': ld.number,
				'max-link-width': 16,
				'nego-link-width': up ? 16 : 0,
				'current-link-speed': up ? 5 : 0,
				'ltssm-state': up ? 4 : 0
			};
		})
	});
};

export const DEVICE_WORDS = managed({
	'get-ld-info': ['5400h', 'Get LD Info', ldInfo],
	'get-ld-allocations': ['5401h', 'Get LD Allocations', ldAllocations],
	'set-ld-allocations': ['5402h', 'Set LD Allocations', setLdAllocations],
	'get-multi-headed-info': ['5500h', 'Get Multi-Headed Info', multiHeadedInfo],
	'get-head-info': ['5501h', 'Get Head Info', headInfo]
});
