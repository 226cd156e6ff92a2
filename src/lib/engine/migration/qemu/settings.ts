import { capabilityProblem, isCapability, type Capability } from '../../contract/migration/capabilities.ts';
import { boundProblem, isCompressed, isParameter, typeProblem, usesTls, type QmpParameters } from '../../contract/migration/parameters.ts';
import { statusRuns } from '../../contract/migration/status.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import type { QemuRecord } from '../../state/qemu-records.ts';
import { error, missing, NOTHING, wrongType, type MonitorWord, type Spoken } from './answer.ts';
import { parametersOf, throttleOf } from './migrate.ts';

/** Capabilities and parameters of a process: QEMU 10.2.2 migration/options.c. */

export const setCapabilities: MonitorWord = (spoken, given) => {
	const { process } = spoken;
	const { capabilities } = given;
	if (capabilities === undefined) return missing('capabilities');
	if (!Array.isArray(capabilities)) return wrongType('capabilities', 'array');
	let wanted: readonly Capability[] = process.capabilities;
	for (const entry of capabilities as readonly { capability?: unknown; state?: unknown }[]) {
		const { capability, state } = entry;
		if (typeof capability !== 'string') return missing('capability');
		if (!isCapability(capability)) return error(`Parameter 'capability' does not accept value '${capability}'`);
		if (typeof state !== 'boolean') return state === undefined ? missing('state') : wrongType('state', 'boolean');
		wanted = wanted.filter((name) => name !== capability);
		if (state) wanted = [...wanted, capability];
	}
	if (statusRuns(process.outgoing)) return error("There's a migration process in progress");
	const problem = capabilityProblem(wanted, situationOf(process));
	if (problem !== null) return error(problem);
	process.capabilities = [...wanted];
	return NOTHING;
};

const situationOf = (process: QemuRecord) => ({
	before: process.capabilities,
	incomingStarted: process.listening !== null,
	compressed: isCompressed(process.parameters),
	tls: usesTls(process.parameters),
	// The recorded machines run without KVM, and so without its dirty ring.
	dirtyRing: false
});

export const setParameters: MonitorWord = (spoken, given) => {
	const { process } = spoken;
	const wanted: QmpParameters = { ...process.parameters };
	for (const [name, value] of Object.entries(given)) {
		if (!isParameter(name)) return error(`Parameter '${name}' is unexpected`);
		const problem = typeProblem(name, value);
		if (problem !== null) return error(problem);
		wanted[name] = value === null ? '' : (value as string | number | boolean);
	}
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
	refreshSpeed(world, vm);
}
