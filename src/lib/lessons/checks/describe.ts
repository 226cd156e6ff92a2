import { formatBytesDecimal, formatNs, formatNumber, formatPpm } from '../../base/format.ts';
import type { QuantityName } from '../../engine/contract/queries.ts';
import type { CheckExpression } from '../schema.ts';

/**
 * An expression as one sentence. Amounts get the unit of the quantity they are compared with, so "50000000" under
 * `downtimeNs` reads "50 ms". Every quantity has words; a test demands it.
 */

type Unit = 'time' | 'bytes' | 'share' | 'count' | 'flag';

interface Wording {
	readonly unit: Unit;
	/** Subject of the sentence; a flag is the whole sentence, with its opposite. */
	readonly says: string;
	readonly opposite?: string;
}

export const WORDING: Readonly<Record<QuantityName, Wording>> = {
	nowNs: { unit: 'time', says: 'the clock' },
	completed: {
		unit: 'flag',
		says: 'the migration completes',
		opposite: 'the migration does not complete'
	},
	failed: { unit: 'flag', says: 'the move failed', opposite: 'the move did not fail' },
	cancelled: {
		unit: 'flag',
		says: 'the move was cancelled',
		opposite: 'the move was not cancelled'
	},
	runsOnTarget: { unit: 'flag', says: 'it runs on B', opposite: 'it does not run on B' },
	downtimeNs: { unit: 'time', says: 'stopped' },
	totalNs: { unit: 'time', says: 'time from the order to home' },
	networkBytes: { unit: 'bytes', says: 'on the wire' },
	cxlBytes: { unit: 'bytes', says: 'over CXL links' },
	leftBytes: { unit: 'bytes', says: 'left to send' },
	rounds: { unit: 'count', says: 'rounds' },
	lostWorkNs: { unit: 'time', says: 'work lost' },
	worstSpeedPpm: { unit: 'share', says: 'speed at worst' },
	retriedFolios: { unit: 'count', says: 'retried folios' },
	proofHolds: {
		unit: 'flag',
		says: 'every page is as last written',
		opposite: 'some page is not as last written'
	},
	invariantsHold: {
		unit: 'flag',
		says: 'every invariant holds',
		opposite: 'an invariant is broken'
	},
	commandCount: { unit: 'count', says: 'commands given' },
	losses: { unit: 'count', says: 'losses' },
	wrongDma: { unit: 'count', says: 'maps that lead a device to the wrong memory' },
	vmsLost: { unit: 'count', says: 'VMs that nobody runs' }
};

const COMPARED: Readonly<Record<string, string>> = {
	'<': 'less than',
	'<=': 'at most',
	'==': 'exactly',
	'>=': 'at least',
	'>': 'more than'
};
const ARITHMETIC: Readonly<Record<string, string>> = {
	'+': 'plus',
	'-': 'minus',
	'*': 'times',
	'/': 'divided by'
};

export function formatAs(unit: Unit, value: number): string {
	if (unit === 'time') return formatNs(value);
	if (unit === 'bytes') return formatBytesDecimal(value);
	if (unit === 'share') return formatPpm(value);
	return formatNumber(value);
}

function unitOf(expression: CheckExpression): Unit | null {
	if (typeof expression !== 'object') return null;
	if ('q' in expression) return WORDING[expression.q].unit;
	if ('limit' in expression) return null;
	for (const inner of expression.args) {
		const unit = unitOf(inner);
		if (unit !== null) return unit;
	}
	return null;
}

function amount(
	expression: CheckExpression,
	unit: Unit,
	limits: Readonly<Record<string, number>>
): string {
	if (typeof expression === 'number') return formatAs(unit, expression);
	if (typeof expression === 'boolean') return expression ? 'true' : 'false';
	if ('limit' in expression) {
		const value = limits[expression.limit];
		return value === undefined ? `the limit for ${expression.limit}` : formatAs(unit, value);
	}
	if ('q' in expression) return WORDING[expression.q].says;
	const word = ARITHMETIC[expression.op];
	if (word !== undefined)
		return expression.args.map((inner) => amount(inner, unit, limits)).join(` ${word} `);
	return describe(expression, limits);
}

/** In one sentence, without a full stop. */
export function describe(
	expression: CheckExpression,
	limits: Readonly<Record<string, number>> = {}
): string {
	if (typeof expression === 'boolean') return expression ? 'always' : 'never';
	if (typeof expression === 'number') return formatNumber(expression);
	if ('q' in expression) return WORDING[expression.q].says;
	if ('limit' in expression) return amount(expression, 'count', limits);
	const { op, args } = expression;
	if (op === 'and') {
		// "stopped at least 0 ns" only says that it happened: the other half of the pair says more.
		const telling = args.filter((inner) => !onlyHappened(inner));
		return (telling.length > 0 ? telling : args)
			.map((inner) => describe(inner, limits))
			.join(' and ');
	}
	if (op === 'or') return args.map((inner) => describe(inner, limits)).join(' or ');
	const [left, right] = args;
	if (op === 'not') {
		if (typeof left === 'object' && 'q' in left)
			return WORDING[left.q].opposite ?? `not ${WORDING[left.q].says}`;
		return `not: ${left === undefined ? '' : describe(left, limits)}`;
	}
	if (left === undefined || right === undefined) return op;
	if (op in ARITHMETIC) return amount(expression, unitOf(expression) ?? 'count', limits);
	if (typeof left === 'object' && 'q' in left && WORDING[left.q].unit === 'flag' && op === '==') {
		const wording = WORDING[left.q];
		return right === 0 || right === false ? (wording.opposite ?? wording.says) : wording.says;
	}
	const unit = unitOf(left) ?? unitOf(right) ?? 'count';
	return `${amount(left, unit, limits)} ${COMPARED[op]} ${amount(right, unit, limits)}`;
}

const onlyHappened = (expression: CheckExpression): boolean =>
	typeof expression === 'object' &&
	'op' in expression &&
	expression.op === '>=' &&
	expression.args[1] === 0;
