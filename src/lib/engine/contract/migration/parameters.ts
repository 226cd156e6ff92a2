import { MIB, PAGE_BYTES } from '../../../base/units.ts';

/**
 * Parameters of a migration: QEMU's names, defaults, bounds and texts. QEMU 11.0.50 of 19 June 2026 (on the way to 11.1)
 * migration/options.c (migration_properties, migrate_params_check), qapi/migration.json MigrationParameters; live-migration
 * reference 3.
 */
export type ParameterValue = number | string | boolean | readonly string[];

interface Parameter {
	readonly value: ParameterValue;
	/** Words between which one may choose. */
	readonly words?: readonly string[];
	/** Largest value that the type holds; QAPI refuses what lies beyond. */
	readonly most?: number;
	/** May be null, which is "" (StrOrNull). */
	readonly orNull?: true;
}

const TWO_64 = 2 ** 64;
const number = (value: number, most = TWO_64): Parameter => ({ value, most });
const BYTE = 255;
const WORD = 2 ** 32 - 1;

export const QMP_PARAMETERS = {
	'announce-initial': number(50),
	'announce-max': number(550),
	'announce-rounds': number(5),
	'announce-step': number(100),
	'throttle-trigger-threshold': number(50, BYTE),
	'cpu-throttle-initial': number(20, BYTE),
	'cpu-throttle-increment': number(10, BYTE),
	'cpu-throttle-tailslow': { value: false },
	'tls-creds': { value: '', orNull: true },
	'tls-hostname': { value: '', orNull: true },
	'tls-authz': { value: '', orNull: true },
	'max-bandwidth': number(128 * MIB),
	'avail-switchover-bandwidth': number(0),
	'downtime-limit': number(300),
	'x-checkpoint-delay': number(20_000, WORD),
	'multifd-channels': number(2, BYTE),
	'xbzrle-cache-size': number(64 * MIB),
	'max-postcopy-bandwidth': number(0),
	'max-cpu-throttle': number(99, BYTE),
	// qatzip, qpl and uadk are words only where QEMU was built for such hardware.
	'multifd-compression': { value: 'none', words: ['none', 'zlib', 'zstd'] },
	'multifd-zlib-level': number(1, BYTE),
	'multifd-qatzip-level': number(1, BYTE),
	'multifd-zstd-level': number(1, BYTE),
	'x-vcpu-dirty-limit-period': number(1000),
	'vcpu-dirty-limit': number(1),
	mode: { value: 'normal', words: ['normal', 'cpr-reboot', 'cpr-transfer', 'cpr-exec'] },
	'zero-page-detection': { value: 'multifd', words: ['none', 'legacy', 'multifd'] },
	'direct-io': { value: false },
	'x-rdma-chunk-size': number(MIB),
	'cpr-exec-command': { value: [] as readonly string[] }
} as const satisfies Record<string, Parameter>;

export type ParameterName = keyof typeof QMP_PARAMETERS;
export const PARAMETER_NAMES = Object.keys(QMP_PARAMETERS) as readonly ParameterName[];
export type QmpParameters = { [Name in ParameterName]?: ParameterValue };

export const isParameter = (text: string): text is ParameterName => Object.hasOwn(QMP_PARAMETERS, text);

/** A parameter as it stands: what was set, else its default. */
export function parameterOf(set: QmpParameters, name: ParameterName): ParameterValue {
	return set[name] ?? QMP_PARAMETERS[name].value;
}
export const numberOf = (set: QmpParameters, name: ParameterName): number => Number(parameterOf(set, name));

/**
 * QAPI's objection to the type or the word of one value, in its words; null: none. QEMU 11.0.50 qapi/qobject-input-visitor.c,
 * qapi/qapi-visit-core.c: what is no whole number is told the widest type, what is too large its own.
 */
export function typeProblem(name: ParameterName, value: unknown): string | null {
	const known: Parameter = QMP_PARAMETERS[name];
	const wrong = (expected: string): string => `Invalid parameter type for '${name}', expected: ${expected}`;
	switch (typeof known.value) {
		case 'string':
			if (typeof value === 'string')
				return !known.words || known.words.includes(value) ? null : `Parameter '${name}' does not accept value '${value}'`;
			if (known.orNull) return value === null ? null : wrong('StrOrNull');
			return wrong('string');
		case 'boolean':
			return typeof value === 'boolean' ? null : wrong('boolean');
		case 'number': {
			if (typeof value !== 'number' || !Number.isInteger(value)) return `Parameter '${name}' expects uint64`;
			const { most = TWO_64 } = known;
			return heldAs(value) > most ? `Parameter '${name}' expects ${most === BYTE ? 'uint8_t' : 'uint32_t'}` : null;
		}
		default: {
			if (!Array.isArray(value)) return wrong('array');
			const at = value.findIndex((word) => typeof word !== 'string');
			return at < 0 ? null : `Invalid parameter type for '${name}[${at}]', expected: string`;
		}
	}
}

/** What QEMU keeps of a number: one below zero is taken for its 64 bits. */
export const heldAs = (value: number): number => (value < 0 ? TWO_64 + value : value);

type Bound = readonly [ParameterName, (value: number, set: QmpParameters) => boolean, string];
const between = (least: number, most: number) => (value: number) => value >= least && value <= most;
function isPowerOfTwo(value: number): boolean {
	let power = 1;
	while (power < value) power *= 2;
	return power === value;
}

/** migrate_params_check, in its order. */
const BOUNDS: readonly Bound[] = [
	['throttle-trigger-threshold', between(1, 100), 'Option throttle-trigger-threshold expects an integer in the range of 1 to 100'],
	['cpu-throttle-initial', between(1, 99), 'Option cpu-throttle-initial expects an integer in the range of 1 to 99'],
	['cpu-throttle-increment', between(1, 99), 'Option cpu-throttle-increment expects an integer in the range of 1 to 99'],
	['downtime-limit', between(0, 2_000_000), 'Option downtime-limit expects an integer in the range of 0 to (2000 * 1000) ms'],
	['multifd-channels', between(1, 255), 'Option multifd-channels expects a value between 1 and 255'],
	['multifd-zlib-level', between(0, 9), 'Option multifd-zlib-level expects a value between 0 and 9'],
	['multifd-qatzip-level', between(1, 9), 'Option multifd-qatzip-level expects a value between 1 and 9'],
	['multifd-zstd-level', between(0, 20), 'Option multifd-zstd-level expects a value between 0 and 20'],
	[
		'xbzrle-cache-size',
		(value) => value >= PAGE_BYTES && isPowerOfTwo(value),
		'Option xbzrle-cache-size expects a power of two no less than the target page size'
	],
	[
		'max-cpu-throttle',
		(value, set) => value >= numberOf(set, 'cpu-throttle-initial') && value <= 99,
		'Option max-cpu-throttle expects an integer in the range of cpu-throttle-initial to 99'
	],
	['announce-initial', between(0, 100_000), 'Option announce-initial expects a value between 0 and 100000'],
	['announce-max', between(0, 100_000), 'Option announce-max expects a value between 0 and 100000'],
	['announce-rounds', between(0, 1000), 'Option announce-rounds expects a value between 0 and 1000'],
	['announce-step', between(1, 10_000), 'Option announce-step expects a value between 0 and 10000']
];

const LAST_BOUNDS: readonly Bound[] = [
	['x-vcpu-dirty-limit-period', between(1, 1000), 'Option x-vcpu-dirty-limit-period expects a value between 1 and 1000'],
	['vcpu-dirty-limit', (value) => value >= 1, "Parameter 'vcpu-dirty-limit' must be greater than 1 MB/s"],
	[
		'x-rdma-chunk-size',
		(value) => between(MIB, 1024 * MIB)(value) && isPowerOfTwo(value),
		'Option x_rdma_chunk_size expects a power of 2 in the range 1MiB to 1024MiB'
	]
];

export const isCompressed = (set: QmpParameters): boolean => parameterOf(set, 'multifd-compression') !== 'none';
export const usesTls = (set: QmpParameters): boolean => parameterOf(set, 'tls-creds') !== '';

/** QEMU's objection to a set of parameters, with what stood before it; null: none. */
export function boundProblem(set: QmpParameters, before: QmpParameters, capabilities: readonly string[]): string | null {
	const broken = (bounds: readonly Bound[]): string | null => bounds.find(([name, fits]) => !fits(numberOf(set, name), set))?.[2] ?? null;
	const early = broken(BOUNDS);
	if (early !== null) return early;
	if (capabilities.includes('zero-copy-send') && (isCompressed(set) || usesTls(set)))
		return 'Zero copy only available for non-compressed non-TLS multifd migration';
	// QEMU asks what stands, not what is wanted: the objection comes with the next change.
	if (capabilities.includes('mapped-ram') && (isCompressed(before) || usesTls(before)))
		return 'Mapped-ram only available for non-compressed non-TLS multifd migration';
	return broken(LAST_BOUNDS);
}
