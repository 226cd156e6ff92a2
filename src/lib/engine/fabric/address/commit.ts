import { MIB } from '../../../base/units.ts';
import type { HdmDecoderRecord, PortDecoderRecord } from '../../state/fabric-records.ts';
import {
	MOST_DEVICE_DECODERS,
	MOST_GRANULARITY_CODE,
	MOST_PORT_DECODERS,
	MOST_PORT_TARGETS,
	portMayHaveWays,
	waysOfCode
} from './encoding.ts';

/**
 * Committing a decoder by hand (CXL 4.0 8.2.4.20.12, .13). Answer: null, or why error-not-committed is set. What the hardware
 * checks only with lock-on-commit goes through without it, and software has the damage.
 */
const UNIT = 256 * MIB;
const LIMIT = 2 ** 52;
const THREE = 8;

interface Common {
	readonly baseHpa: number;
	readonly bytes: number;
	readonly ways: number;
	readonly granularity: number;
}

function commonProblem(
	decoders: readonly (Common & { committed: boolean })[],
	index: number,
	wanted: Common,
	locked: boolean,
	most: number
): string | null {
	if (index >= most) return `there are decoders 0 to ${most - 1}`;
	if (decoders[index]?.committed) return `decoder ${index} is committed: reprogramming it is undefined`;
	if (index > decoders.length || decoders.slice(0, index).some((below) => !below.committed))
		return `decoder ${index} is committed after the ones below it`;
	if (waysOfCode(wanted.ways) === 0) return `no decoder has interleave ways code ${wanted.ways}`;
	if (wanted.granularity < 0 || wanted.granularity > MOST_GRANULARITY_CODE) return `no decoder has granularity code ${wanted.granularity}`;
	if (wanted.baseHpa % UNIT !== 0 || wanted.bytes % UNIT !== 0) return 'base and size are multiples of 256 MiB';
	const below = decoders[index - 1];
	if (below && wanted.bytes > 0 && wanted.baseHpa < below.baseHpa) return `decoder ${index} lies above decoder ${index - 1}`;
	if (!locked) return null;
	if (wanted.baseHpa + wanted.bytes > LIMIT) return 'the range wraps';
	if (wanted.ways >= THREE && wanted.bytes % 3 !== 0) return 'with 3, 6 or 12 ways the size is a multiple of 3';
	if (below && wanted.baseHpa < below.baseHpa + below.bytes) return `decoder ${index} overlaps decoder ${index - 1}`;
	return null;
}

export function endpointCommitProblem(
	decoders: readonly HdmDecoderRecord[],
	index: number,
	wanted: HdmDecoderRecord,
	needsBackInvalidate: boolean
): string | null {
	const common = commonProblem(decoders, index, wanted, wanted.locked, MOST_DEVICE_DECODERS);
	if (common !== null) return common;
	if (wanted.skip % UNIT !== 0) return 'the DPA skip is a multiple of 256 MiB';
	if (wanted.position < 0 || wanted.position >= waysOfCode(wanted.ways))
		return `position ${wanted.position} is not one of ${waysOfCode(wanted.ways)}`;
	if (needsBackInvalidate && !wanted.backInvalidate) return 'the device needs the back-invalidate bit before the commit';
	return null;
}

export function portCommitProblem(
	decoders: readonly PortDecoderRecord[],
	index: number,
	wanted: PortDecoderRecord,
	places: number
): string | null {
	const common = commonProblem(decoders, index, wanted, wanted.locked, MOST_PORT_DECODERS);
	if (common !== null) return common;
	const ways = waysOfCode(wanted.ways);
	if (!portMayHaveWays(ways)) return `a host bridge or switch has 1, 2, 4 or 8 ways, never ${ways}`;
	if (wanted.targets.length !== ways || ways > MOST_PORT_TARGETS) return `${ways} ways need ${ways} targets`;
	if (wanted.targets.some((target) => target < 0 || target >= places)) return `targets are places 0 to ${places - 1}`;
	if (wanted.locked && new Set(wanted.targets).size !== ways) return 'each target stands once in the list';
	return null;
}
