import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { wordIndex } from '../../contract/superpage.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { emit } from '../../sim/trace.ts';
import type { HostRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { sharedWordsOf } from '../../superpage/words.ts';
import { hostName } from '../operation.ts';
import { addresses, reaches } from './reach.ts';

/**
 * vCPUs of one VM on two hosts (seed S3, approach 2; coarse): who may schedule which vCPU stands in the map of the
 * super-page, 4 bits each. Refused without hardware coherence: two caches of one page table could not agree.
 */
const MOST_VCPUS = 16;

export function splitVcpus(world: World, vmIndex: number, asked: unknown): Outcome<string, ReasonId> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	const home = vm.instances[vm.running] as number;
	if (!Array.isArray(asked) || asked.length !== vm.vcpus)
		return refused('bad-command', `arguments.hosts: ${vm.vcpus} names of hosts, one for each vCPU`);
	const hosts = asked.map((id) => world.r.hosts.findIndex((host) => host.id === id));
	if (hosts.includes(-1)) return refused('unknown-host', `no host is called "${String(asked[hosts.indexOf(-1)])}"`);
	if (vm.vcpus > MOST_VCPUS) return refused('too-many-vcpus', `the map has room for ${MOST_VCPUS} vCPUs`);
	if (world.r.operations.some((operation) => operation.vm === vmIndex && operation.state === 'running'))
		return refused('already-running', `${vm.id} is being moved`);
	if (vm.vcpuState !== 'running') return refused('vm-not-running', `${vm.id} is ${vm.vcpuState}`);
	const together = hosts.every((host) => host === home);
	if (!together) {
		const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
		if ((vm.pagesByMemory[pool] ?? 0) < vm.populatedPages) return refused('not-resident', `${vm.id} has pages that only one host reaches`);
		if (!world.scenario.pool?.hardwareCoherent) return refused('no-coherence', 'the device does not keep the hosts’ caches coherent');
		for (const host of new Set(hosts)) {
			const invited = inviteTo(world, vmIndex, host);
			if (!invited.ok) return invited;
		}
	}
	catchUp(world, vmIndex);
	writeMap(world, vmIndex, together ? null : hosts);
	if (together) delete vm.split;
	else vm.split = hosts;
	refreshSpeed(world, vm);
	const said = together ? `all vCPUs of ${vm.id} run on ${hostName(world, home)}` : `vCPUs of ${vm.id}: ${asked.join(', ')}`;
	vm.causeSeq = emit(world, {
		kind: 'vcpu',
		rule: 'split-vcpus',
		cause: null,
		vm: vm.id,
		host: hostName(world, home),
		values: { state: together ? 'together' : 'split', vcpus: vm.vcpus },
		text: said
	});
	return ok(said);
}

/** Who is to run a vCPU has to be there and to have the VM's extents among its own (CXL 4.0 8.2.10.9.9.4). */
function inviteTo(world: World, vmIndex: number, host: number): Outcome<null, ReasonId> {
	const reached = reaches(world, host);
	if (!reached.ok) return reached;
	const extents = world.r.extents.filter((extent) => extent.vm === vmIndex && extent.state === 'accepted');
	if (extents.every((extent) => extent.acceptedBy.includes(host))) return reached;
	for (const extent of extents) {
		const able = addresses(world.r.hosts[host] as HostRecord, extent);
		if (!able.ok) return able;
	}
	if (world.r.hosts[host]?.declines === true)
		return refused('capacity-declined', `${hostName(world, host)} declines the extents of the VM`);
	for (const extent of extents) if (!extent.acceptedBy.includes(host)) extent.acceptedBy.push(host);
	return reached;
}

/** No more than one host runs it: what the map said is over. */
export function forgetSplit(world: World, vmIndex: number): void {
	const vm = world.r.vms[vmIndex] as VmRecord;
	if (!vm.split) return;
	delete vm.split;
	writeMap(world, vmIndex, null);
}

/** A page in the DRAM of one host is out of reach for the vCPUs on the other: while they are split no kernel takes one home. */
export function heldBySplit(world: World, vmIndex: number): Outcome<null, 'held-by-policy'> {
	const vm = world.r.vms[vmIndex] as VmRecord;
	return vm.split ? refused('held-by-policy', `vCPUs of ${vm.id} run on two hosts, which reach its pages on the pool only`) : ok(null);
}

/** The map as the super-page holds it. */
export function packVcpuMap(hosts: readonly number[]): bigint {
	return hosts.reduce((map, host, vcpu) => map | (BigInt(host) << BigInt(vcpu * 4)), 0n);
}

function writeMap(world: World, vmIndex: number, hosts: readonly number[] | null): void {
	const words = sharedWordsOf(world);
	const map = wordIndex('vcpuMap', vmIndex);
	const token = wordIndex('vcpuMapToken', vmIndex);
	words.compareAndSwap(map, words.load(map), hosts === null ? 0n : packVcpuMap(hosts));
	words.compareAndSwap(token, words.load(token), words.load(token) + 1n);
}
