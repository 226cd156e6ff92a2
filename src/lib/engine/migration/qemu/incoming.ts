import type { World } from '../../state/world.ts';
import { report, setError, tell } from './processes.ts';
import { VALIDATED } from '../../contract/migration/capabilities.ts';
import type { QemuRecord } from '../../state/qemu-records.ts';

/**
 * What a process that loads objects to before a page has arrived: configuration section, post-copy advise, list of RAM blocks
 * (QEMU 11.0.50 migration/savevm.c, migration/ram.c; texts of 11.1.3 as recorded in migration cases 32 and 44). Lines of its
 * standard error; empty: it loads.
 */
export function loadProblem(source: QemuRecord, target: QemuRecord, memoryName: string): string[] {
	const { machine, lacksBlock } = target.lacks ?? {};
	if (machine) return [`${CONFIGURATION}: Machine type received is '${machine.received}' and local is '${machine.local}'`];
	for (const name of VALIDATED) {
		const [here, there] = [target.capabilities.includes(name), source.capabilities.includes(name)];
		if (here === there) continue;
		const word = (on: boolean): string => (on ? 'on' : 'off');
		return [
			`Capability ${name} is ${word(here)}, but received capability is ${word(there)}`,
			`${CONFIGURATION}: Failed to validate capabilities`
		];
	}
	if (source.capabilities.includes('postcopy-ram') && !target.capabilities.includes('postcopy-ram'))
		return ['load of migration failed: Invalid argument: RAM postcopy is disabled but have 16 byte advise'];
	if (source.bytes !== target.bytes)
		return [`Size mismatch: ${memoryName}: ${hex(source.bytes)} != ${hex(target.bytes)}: Invalid argument`, RAM_REFUSED];
	if (lacksBlock !== undefined) return [`Unknown ramblock "${lacksBlock}", cannot accept migration`, RAM_REFUSED];
	return [];
}

const CONFIGURATION =
	'load of migration failed: Invalid argument: post load hook failed for: configuration, version_id: 1, minimum_version: 0';
const RAM_REFUSED =
	"load of migration failed: Invalid argument: error while loading state for instance 0x0 of device 'ram': Failed to load vmstate version_id: 4, ret: -22";

/** What comes behind the memory and finds no device here (qemu_loadvm_section_start_full). The sender has done its part by then. */
export const unknownState = ({ name, instance }: { readonly name: string; readonly instance: number }): string =>
	`load of migration failed: Invalid argument: Unknown section or instance '${name}' ${instance}. Make sure that your current VM setup matches your saved VM setup, including any hotplugged devices`;

/**
 * A process that loads gives up: what it met on the way stands on its standard error; the last line is the error itself, which it
 * prints when it ends by it and keeps for query-migrate when it was told to stay (process_incoming_migration_co, exit-on-error).
 */
export function failLoad(world: World, target: QemuRecord, lines: readonly string[], loading = true): void {
	const events = target.capabilities.includes('events');
	if (events && loading && target.incoming === 'setup') tell(world, target, 'MIGRATION', { status: 'active' });
	setError(target, lines.at(-1) as string);
	report(target, ...(target.exitOnError ? lines : lines.slice(0, -1)));
	target.incoming = 'failed';
	if (events) tell(world, target, 'MIGRATION', { status: 'failed' });
	target.ended = target.exitOnError;
	target.listening = null;
}

const hex = (bytes: number): string => `0x${bytes.toString(16)}`;

/** The stream of a process that loads has ended before its end. */
export const CUT_IN_RAM = [
	'Getting RAM address failed',
	'load of migration failed: Input/output error: Failed to load vmstate version_id: 4, ret: -5'
];
export const CUT_AT_SWITCH = [
	'check_section_footer: Read section footer failed: -5',
	'load of migration failed: Invalid argument: Section footer error, section_id: 1'
];
/** What a process that sends says when nobody takes it. */
export const PIPE_BROKEN = 'Unable to write to socket: Broken pipe';
export const SAVE_FAILED = 'failed to save SaveStateEntry with id(name): 1(ram): -5';
