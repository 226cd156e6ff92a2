import { NS_PER_MS } from '../../../base/units.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { emit } from '../../sim/trace.ts';
import type { QemuRecord } from '../../state/qemu-records.ts';
import type { VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import type { MonitorAnswer, Spoken } from './answer.ts';
import { endRate, RATE_ENDS } from './dirty-rate.ts';
import { changeOutgoing } from './outgoing.ts';
import { emptyProcess, tell } from './processes.ts';

/**
 * cpr-transfer: a new process on the same host takes the guest's memory over by descriptor (QEMU 10.2.2 migration/cpr-transfer.c,
 * docs/devel/migration/CPR.rst). No page moves, nothing is tracked; the guest stands from the beginning to the end. Times are
 * those of the recording of a 256 MiB guest (migration case 65: 44 ms, of which 3 ms after the last stop); our simplification
 * that they are the same for every guest.
 */
const LASTS_NS = 41 * NS_PER_MS;
const DOWNTIME_NS = 3 * NS_PER_MS;
const STATE_BYTES = 125_427;

export function beginCpr(spoken: Spoken): MonitorAnswer {
	const { world, process, vm, vmIndex, cause } = spoken;
	changeOutgoing(world, process, 'setup', cause);
	process.cpr = { startNs: world.r.nowNs, totalNs: LASTS_NS + DOWNTIME_NS, downtimeNs: DOWNTIME_NS, stateBytes: STATE_BYTES };
	catchUp(world, vmIndex);
	if (vm.vcpuState === 'running') {
		vm.vcpuState = 'stopped';
		tell(world, process, 'STOP');
		vcpu(world, process, 'stopped', cause);
	}
	changeOutgoing(world, process, 'active', cause);
	schedule(world, world.r.nowNs + LASTS_NS, EventKind.monitor, (world.r.qemu ?? []).indexOf(process), 0);
	return { ok: true, value: {} };
}

/** What the event does: first all is sent, then the new process has the guest. */
export function runMonitor(world: World, index: number, step: number): void {
	const process = world.r.qemu?.[index];
	if (process && step === RATE_ENDS) return endRate(world, process);
	if (!process?.cpr) return;
	if (step === 0) {
		changeOutgoing(world, process, 'device', null);
		schedule(world, world.r.nowNs + DOWNTIME_NS, EventKind.monitor, index, 1);
		return;
	}
	const vm = world.r.vms[process.vm] as VmRecord;
	const heir = emptyProcess(world, process.vm, process.host, true);
	heir.incoming = 'completed';
	heir.runState = process.runState;
	heir.capabilities = [];
	(world.r.qemu ??= []).push(heir);
	catchUp(world, process.vm);
	changeOutgoing(world, process, 'completed', null);
	if (process.runState === 'running') {
		vm.vcpuState = 'running';
		refreshSpeed(world, vm);
		tell(world, heir, 'RESUME');
		vcpu(world, heir, 'running', null);
	}
	process.runState = 'postmigrate';
}

function vcpu(world: World, process: QemuRecord, state: string, cause: number | null): void {
	const vm = world.r.vms[process.vm] as VmRecord;
	vm.causeSeq = emit(world, {
		kind: 'vcpu',
		rule: 'memory-by-descriptor',
		cause,
		vm: vm.id,
		host: world.r.hosts[process.host]?.id ?? null,
		values: { state },
		text:
			state === 'running'
				? `the guest runs in a new process, on the memory it had`
				: `${vm.vcpus} vCPUs stop while another process takes their memory over`
	});
}
