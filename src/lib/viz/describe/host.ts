import { passesByCopy } from '../../engine/contract/migration/strategies.ts';
import { formatNs } from '../../base/format.ts';
import type {
	HostStatus,
	OperationStatus,
	VmStatus,
	WorldStatus
} from '../../engine/contract/status.ts';
import { operationOf } from './moment.ts';

export const hostTitle = (id: string): string => `Host ${id}`;

/** Words at the right of a host's name, and whether they are the news of the moment. */
export interface HostRole {
	readonly words: string;
	readonly strong: boolean;
}

export function hostRole(host: HostStatus, status: WorldStatus): HostRole {
	const operation = operationOf(status);
	const runs = status.vms.filter((vm) => isOn(vm, host.id) && vm.vcpuState === 'running');
	const running = operation !== null && operation.state === 'running';
	const vm =
		operation === null ? undefined : status.vms.find((candidate) => candidate.id === operation.vm);
	if (
		running &&
		vm !== undefined &&
		(host.id === operation.source || host.id === operation.target)
	) {
		const source = host.id === operation.source;
		const owns = vm.owner === host.id;
		if (source && owns && vm.vcpuState !== 'running')
			return { words: 'stopped, still the owner', strong: true };
		if (source && !owns && (operation.fetch?.missingPages ?? 0) > 0)
			return { words: 'holds what is still missing', strong: true };
		if (source && !owns) return { words: 'stopped, must not run', strong: false };
		if (!source && owns && vm.vcpuState === 'loading')
			return { words: 'owner, loading vCPUs', strong: true };
		if (!source && owns && vm.vcpuState !== 'running')
			return { words: 'owner, not running yet', strong: true };
		if (!source && !owns)
			return {
				words: passesByCopy(operation.strategy) ? 'receives a copy' : 'ready, does not run',
				strong: false
			};
	}
	const [only] = runs;
	if (only && runs.length === 1)
		return {
			words: only.split
				? `runs ${vcpusHere(only, host.id).length} of ${only.vcpuCount} vCPUs`
				: `runs ${only.id}`,
			strong: true
		};
	if (runs.length > 1) return { words: `runs ${runs.length} VMs`, strong: true };
	if (operation !== null && operation.source === host.id && operation.state === 'completed')
		return { words: `free of ${operation.vm}`, strong: false };
	return { words: 'runs nothing', strong: false };
}

/** Whether vCPUs of the VM are on this host. */
const isOn = (vm: VmStatus, host: string): boolean =>
	vm.split?.includes(host) ?? vm.runsOn === host;

/** Numbers of the vCPUs that are on this host, where they are on more than one. */
const vcpusHere = (vm: VmStatus, host: string): number[] =>
	(vm.split ?? []).flatMap((at, vcpu) => (at === host ? [vcpu] : []));

/** How one vCPU stands in a CPU slot of a host. */
export type SlotState = 'running' | 'still' | 'expected';
export interface Slot {
	readonly vm: VmStatus;
	readonly vcpu: number;
	readonly state: SlotState;
	/** Used part of its time slice, 0 … 1; 0 unless it runs. */
	readonly slice: number;
}

/** On which host the vCPUs' state is: where they run, else the side of the hand-off that holds them. */
export function vcpuHost(vm: VmStatus, operation: OperationStatus | null): string | null {
	if (vm.runsOn !== null) return vm.runsOn;
	if (operation === null || operation.vm !== vm.id || operation.state !== 'running')
		return vm.instances[vm.runningInstance] ?? null;
	return vm.vcpuState === 'loading' ? operation.target : operation.source;
}

/** A slot is kept for vCPUs that may come or have left: while they are moved, and at the source after they have gone. */
function keepsSlots(host: HostStatus, vm: VmStatus, operation: OperationStatus | null): boolean {
	if (operation === null || operation.vm !== vm.id) return false;
	if (operation.state === 'running')
		return operation.source === host.id || operation.target === host.id;
	return operation.state === 'completed' && operation.source === host.id;
}

export function slotsOf(host: HostStatus, status: WorldStatus): Slot[] {
	const operation = operationOf(status);
	return status.vms.flatMap((vm) => {
		const at = vcpuHost(vm, operation);
		const here = (vm.split?.includes(host.id) ?? at === host.id) && vm.vcpuState !== 'absent';
		if (!here && !keepsSlots(host, vm, operation)) return [];
		const state: SlotState = !here ? 'expected' : vm.vcpuState === 'running' ? 'running' : 'still';
		const since = status.nowNs - vm.sliceStartNs;
		const slice = state === 'running' && vm.sliceNs > 0 ? (since % vm.sliceNs) / vm.sliceNs : 0;
		const numbers = vm.split
			? vcpusHere(vm, host.id)
			: Array.from({ length: vm.vcpuCount }, (_, vcpu) => vcpu);
		return numbers.map((vcpu) => ({
			vm,
			vcpu,
			state,
			slice: Math.max(0, slice)
		}));
	});
}

const span = (vm: VmStatus): string =>
	vm.vcpuCount === 1 ? 'vCPU 0' : `vCPU 0–${vm.vcpuCount - 1}`;

/** The line under the slots. */
export function slotsWords(host: HostStatus, status: WorldStatus): string {
	const operation = operationOf(status);
	const lines = status.vms.flatMap((vm) => {
		if (vm.split?.includes(host.id))
			return [
				`vCPU ${vcpusHere(vm, host.id).join(', ')} ${vm.vcpuState === 'running' ? 'run here' : vm.vcpuState}, the others elsewhere`
			];
		const at = vm.split ? null : vcpuHost(vm, operation);
		if (at === host.id)
			switch (vm.vcpuState) {
				case 'running':
					return [`${span(vm)} run, ring = time slice`];
				case 'saving':
					return [`${span(vm)} being saved`];
				case 'saved':
					return [`${span(vm)} saved`];
				case 'loading':
					return [`${span(vm)} being restored`];
				case 'stopped':
					return [`${span(vm)} stopped`];
				case 'lost':
					return [`${span(vm)} lost with this host`];
				case 'absent':
					return [];
			}
		if (operation === null || !keepsSlots(host, vm, operation)) return [];
		if (operation.state === 'completed') return ['slots free again'];
		return [host.id === operation.target ? `slots kept for ${span(vm)}` : `${span(vm)} left`];
	});
	if (lines.length === 0) return 'no vCPU here';
	return lines.length === 1 ? (lines[0] as string) : `${lines.length} VMs`;
}

/** What the compute-less node of a host says about itself. */
export function windowWords(host: HostStatus, status: WorldStatus): string {
	const extents = status.extents.filter((extent) => extent.state !== 'released');
	if (extents.some((extent) => extent.onlineOn === host.id)) return 'online, MOVABLE';
	if (extents.some((extent) => extent.acceptedBy.includes(host.id))) return 'accepted';
	if (extents.some((extent) => extent.state === 'offered')) return 'offered';
	return extents.length === 0 ? 'no extent' : 'not shared with it';
}

export const cpusWords = (host: HostStatus): string =>
	host.cpus === 1 ? '1 CPU' : `${host.cpus} CPUs`;
export const latencyWords = (ns: number): string => formatNs(Math.round(ns));
