import type {
	CallStatus,
	MachineStatus,
	MemoryBlockStatus,
	ProcessStatus,
	VirtioMemStatus
} from '$lib/engine/contract/machine-status.ts';
import type { FrameAnswer } from '$lib/engine/contract/queries.ts';
import type { RuleId } from '$lib/engine/contract/rules.ts';

/** Which entries of the ledger make something on a machine what it is now: the one that decides first. */

export function rulesOfFrame(answer: FrameAnswer): RuleId[] {
	const rules: RuleId[] = [];
	if (answer.held.some((held) => held.term === 'long')) rules.push('long-term-pin');
	if (answer.kind === 'pipe' || answer.held.some((held) => held.term === 'get'))
		rules.push('pipe-reference');
	if (answer.held.some((held) => held.term === 'short')) rules.push('migrate-reference');
	if (answer.isolated) rules.push('memory-offline');
	switch (answer.kind) {
		case 'user':
		case 'pipe':
			rules.push('page-fault');
			break;
		case 'secure':
		case 'kernel':
		case 'slab':
		case 'pageTable':
			rules.push('offline-unmovable');
			break;
		case 'contig':
			rules.push('contig-range');
			break;
		case 'poisoned':
			rules.push('poisoned-page');
			break;
		case 'offline':
			rules.push('virtio-request');
			break;
		case 'free':
			rules.push('spill');
			break;
		case 'reserved':
		case 'hole':
			rules.push('memory-boot');
	}
	return rules;
}

export function rulesOfBlock(block: MemoryBlockStatus, walk: CallStatus | undefined): RuleId[] {
	if (block.state === 'going-offline')
		return walk?.waitingFor ? ['offline-retry', 'memory-offline'] : ['memory-offline'];
	if (block.state === 'offline') return ['memory-add', 'memory-online'];
	const came: RuleId = block.device === null ? 'memory-boot' : 'memory-online';
	return block.kernelPages > 0 ? ['offline-unmovable', came] : [came];
}

export const rulesOfProcess = (process: ProcessStatus): RuleId[] =>
	process.state === 'ended'
		? ['process-exit']
		: process.areas.some((area) => area.heldPages > 0)
			? ['page-fault', 'migrate-reference']
			: ['page-fault'];

/** By the first word of what a process was told. */
const OF_WORD: Readonly<Record<string, RuleId>> = {
	map: 'page-fault',
	mapshared: 'page-fault',
	touch: 'page-fault',
	read: 'page-fault',
	bind: 'mbind',
	place: 'typed-node',
	pin: 'long-term-pin',
	unpin: 'ring-exit',
	vmsplice: 'pipe-reference',
	drain: 'pipe-reference',
	pipefill: 'pipe-reference',
	move: 'move-pages',
	status: 'move-pages',
	migrate: 'migrate-pages',
	gigantic: 'contig-range',
	fork: 'fork'
};

export function rulesOfCall(call: CallStatus): RuleId[] {
	switch (call.kind) {
		case 'process':
			return [OF_WORD[call.text.split(' ', 1)[0] ?? ''] ?? 'call'];
		case 'process-end':
			return ['process-exit'];
		case 'qmp':
			return rulesOfMonitor(call.text);
		case 'module':
			return ['driver-run'];
		case 'shell':
			return call.text.includes('daxctl') ? ['cxl-tool', 'dax-kmem'] : ['cxl-tool', 'cxl-region'];
		default:
			return rulesOfWrite(call);
	}
}

function rulesOfMonitor(text: string): RuleId[] {
	if (text.includes('"requested-size"')) return ['requested-size', 'usable-region'];
	if (text.startsWith('system_reset')) return ['system-reset'];
	if (text.startsWith('device_')) return [text.includes('virtio-mem') ? 'memory-device' : 'dimm'];
	return text.startsWith('migrate') ? ['virtio-busy'] : ['monitor'];
}

function rulesOfWrite(call: CallStatus): RuleId[] {
	if (!/\/memory\/memory\d+\//.test(call.text)) return ['call'];
	if (/^echo online/.test(call.text) || /^echo 1 /.test(call.text)) return ['memory-online'];
	if (call.state === 'running' && call.waitingFor !== null)
		return ['offline-retry', 'memory-offline'];
	return call.errno === 'EBUSY' ? ['offline-unmovable', 'memory-offline'] : ['memory-offline'];
}

export function rulesOfDevice(machine: MachineStatus, device: VirtioMemStatus): RuleId[] {
	const rules: RuleId[] = [];
	if (machine.profile !== 'linux-7.2') rules.push('rfc-v4');
	if (machine.migrating !== 'none') rules.push('virtio-busy');
	if (device.mode === 'bbm') rules.push('big-block');
	if (device.retryAtNs !== null) rules.push('driver-retry');
	else if (device.lastResult === 'ENOSPC') rules.push('driver-threshold');
	if (device.pluggedBytes > device.requestedBytes) rules.push('driver-unplug');
	else if (device.pluggedBytes < device.requestedBytes) rules.push('driver-plug');
	return [...rules, 'requested-size'];
}

export const rulesOfMachine = (machine: MachineStatus): RuleId[] => [
	'memory-boot',
	...(machine.settings.demotion ? (['demotion'] as const) : []),
	...(machine.profile === 'linux-7.2' ? [] : (['rfc-v4'] as const))
];
