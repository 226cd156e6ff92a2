import { capabilityProblem, isCapability, type Capability } from '../../contract/migration/capabilities.ts';
import type { QmpArguments, QmpValue } from '../../contract/machine-commands.ts';
import {
	boundProblem,
	heldAs,
	isCompressed,
	isParameter,
	PARAMETER_NAMES,
	typeProblem,
	usesTls,
	type QmpParameters
} from '../../contract/migration/parameters.ts';
import { statusRuns } from '../../contract/migration/status.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import type { QemuRecord } from '../../state/qemu-records.ts';
import { error, missing, NOTHING, unexpected, wrongType, type MonitorWord, type Spoken } from './answer.ts';
import { dirtyLimitOf, parametersOf, throttleOf } from './migrate.ts';

/** Capabilities and parameters of a process: QEMU 11.0.50 migration/options.c. */

export const setCapabilities: MonitorWord = (spoken, given) => {
	const { process } = spoken;
	const { capabilities } = given;
	if (capabilities === undefined) return missing('capabilities');
	if (!Array.isArray(capabilities)) return wrongType('capabilities', 'array');
	let wanted: readonly Capability[] = process.capabilities;
	for (const [index, entry] of (capabilities as readonly QmpValue[]).entries()) {
		const at = `capabilities[${index}]`;
		if (typeof entry !== 'object' || entry === null || Array.isArray(entry)) return wrongType(at, 'object');
		const { capability, state, ...others } = entry as QmpArguments;
		if (capability === undefined) return missing(`${at}.capability`);
		if (typeof capability !== 'string') return wrongType(`${at}.capability`, 'string');
		if (!isCapability(capability)) return error(`Parameter 'capability' does not accept value '${capability}'`);
		if (state === undefined) return missing(`${at}.state`);
		if (typeof state !== 'boolean') return wrongType(`${at}.state`, 'boolean');
		const other = Object.keys(others)[0];
		if (other !== undefined) return unexpected(`${at}.${other}`);
		wanted = wanted.filter((name) => name !== capability);
		if (state) wanted = [...wanted, capability];
	}
	if (statusRuns(process.outgoing)) return error("There's a migration process in progress");
	const problem = capabilityProblem(wanted, situationOf(process, spoken.world.scenario.vms[process.vm]?.qemu?.dirtyRing !== undefined));
	if (problem !== null) return error(problem);
	process.capabilities = [...wanted];
	return NOTHING;
};

const situationOf = (process: QemuRecord, dirtyRing: boolean) => ({
	before: process.capabilities,
	incomingStarted: process.listening !== null,
	compressed: isCompressed(process.parameters),
	tls: usesTls(process.parameters),
	// The recorded machines run without KVM, and so without its dirty ring.
	dirtyRing
});

export const setParameters: MonitorWord = (spoken, given) => {
	const { process } = spoken;
	const wanted: QmpParameters = { ...process.parameters };
	// QAPI reads what it knows in its own order, and looks at the end for what it does not.
	for (const name of PARAMETER_NAMES) {
		const value = given[name];
		if (value === undefined) continue;
		const problem = typeProblem(name, value);
		if (problem !== null) return error(problem);
		wanted[name] = value === null ? '' : typeof value === 'number' ? heldAs(value) : (value as string | boolean);
	}
	const other = Object.keys(given).find((name) => !isParameter(name) && name !== 'block-bitmap-mapping');
	if (other !== undefined) return unexpected(other);
	const problem = boundProblem(wanted, process.parameters, process.capabilities);
	if (problem !== null) return error(problem);
	process.parameters = wanted;
	applyToRunning(spoken);
	return NOTHING;
};

/** migrate_post_update_params: max-bandwidth acts at once before post-copy, max-postcopy-bandwidth behind it, limits at the next look. */
function applyToRunning({ world, vm, vmIndex, process }: Spoken): void {
	const operation = world.r.operations[process.operation - 1];
	if (operation?.state !== 'running' || !operation.monitored || process.outgoing === 'none') return;
	const { maxBandwidthBytesPerSecond, downtimeLimitNs, availSwitchoverBandwidthBytesPerSecond, maxPostcopyBandwidthBytesPerSecond } =
		parametersOf(world, process);
	catchUp(world, vmIndex);
	operation.parameters = {
		...operation.parameters,
		maxBandwidthBytesPerSecond,
		downtimeLimitNs,
		availSwitchoverBandwidthBytesPerSecond,
		maxPostcopyBandwidthBytesPerSecond
	};
	operation.monitored.throttle = throttleOf(process);
	Object.assign(operation.monitored, dirtyLimitOf(process));
	refreshSpeed(world, vm);
}
