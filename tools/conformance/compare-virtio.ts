import type { JsonObject, RecordedStep } from './case.ts';
import { list, sameResult, told } from './compare-zones.ts';

/**
 * What must match in virtio-mem: accepted or refused with text; reached or not; which zone holds the rest; growing quick,
 * shrinking block by block. Seconds and the exact bytes left behind may differ.
 */
export function compareVirtioStep(theirs: RecordedStep, mine: JsonObject): string | null {
	switch (theirs.op) {
		case 'start':
			return 'result' in theirs ? sameResult(theirs, mine) : sameDevice(theirs, mine, true);
		case 'set-requested-size':
			return sameResult(theirs, mine) ?? sameDevice(theirs, mine, theirs['reached'] === true) ?? sameReached(theirs, mine);
		case 'watch':
			return sameReached(theirs, mine) ?? sameDevice(theirs, mine, theirs['reached'] === true);
		case 'qmp':
			return sameResult(theirs, mine) ?? sameValue(theirs, mine);
		case 'guest-state':
			return sameState(theirs, mine);
		case 'guest-process':
			return sameWords(list(theirs['out']), list(mine['out']));
		case 'devices-left':
			return theirs['types'] === undefined || JSON.stringify(theirs['types']) === JSON.stringify(mine['types'])
				? null
				: told('types', mine['types'], theirs['types']);
		default:
			return null;
	}
}

function sameDevice(theirs: JsonObject, mine: JsonObject, withSize: boolean): string | null {
	const a = theirs['device'] as JsonObject | undefined;
	const b = mine['device'] as JsonObject | null | undefined;
	if (!a) return null;
	for (const key of Object.keys(a)) {
		if (key === 'size' && !withSize) continue;
		if (a[key] !== b?.[key]) return told(`device ${key}`, b?.[key], a[key]);
	}
	return null;
}

function sameReached(theirs: JsonObject, mine: JsonObject): string | null {
	if (!('reached' in theirs) || theirs['reached'] === mine['reached']) return null;
	return told(
		'reached',
		[mine['reached'] ?? null, mine['seconds'] ?? null, (mine['device'] as JsonObject | null)?.['size'] ?? null],
		[theirs['reached'] ?? null, theirs['seconds'] ?? null, (theirs['device'] as JsonObject | undefined)?.['size'] ?? null]
	);
}

function sameValue(theirs: JsonObject, mine: JsonObject): string | null {
	const a = ((theirs['result'] ?? {}) as JsonObject)['value'];
	const b = ((mine['result'] ?? {}) as JsonObject)['value'];
	return a === undefined || JSON.stringify(a) === JSON.stringify(b) ? null : told('value', b, a);
}

/** Which zones hold what is left, and which blocks when everything was reached. */
function sameState(theirs: JsonObject, mine: JsonObject): string | null {
	const zones = (each: JsonObject): string =>
		Object.keys(each['zones_pages'] as object)
			.sort()
			.join();
	if (theirs['zones_pages'] && zones(theirs) !== zones(mine)) return told('zones', zones(mine), zones(theirs));
	const kinds = (each: JsonObject): string =>
		list(each['device_memory_blocks'])
			.map((group) => `${String(group['state'])} ${String(group['valid_zones'])}`)
			.sort()
			.join();
	return theirs['device_memory_blocks'] === undefined || kinds(theirs) === kinds(mine)
		? null
		: told('memory blocks of the device', kinds(mine), kinds(theirs));
}

function sameWords(theirs: readonly JsonObject[], mine: readonly JsonObject[]): string | null {
	for (const [index, a] of theirs.entries()) {
		const b = mine[index];
		if (a['errno'] !== b?.['errno']) return told(`word ${index + 1} (${String(a['op'])}) errno`, b?.['errno'], a['errno']);
		const zones = (each: JsonObject | undefined): string =>
			Object.keys((each?.['zones'] ?? {}) as object)
				.sort()
				.join();
		if (a['zones'] !== undefined && zones(a) !== zones(b)) return told(`word ${index + 1} (zones)`, b?.['zones'], a['zones']);
	}
	return null;
}
