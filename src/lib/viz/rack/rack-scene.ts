import { formatBytesBinary, formatNs } from '../../base/format.ts';
import type { RackHostStatus, RackVmStatus } from '../../engine/contract/rack/status.ts';
import type { VmStatus, WorldStatus } from '../../engine/contract/status.ts';
import { hostColour, type ColourName } from '../tokens/colour.ts';

/** What a rack of hosts looks like now: hosts with what they run, and what lies on the pool. */
export type HostMood = 'up' | 'paused' | 'down' | 'away' | 'fenced' | 'stopped';

export interface VmChip {
	readonly id: string;
	readonly state: string;
	/** Part of its pages on the pool, 0 … 1. */
	readonly onPool: number;
	readonly mood: 'runs' | 'still' | 'lost' | 'zombie';
	readonly note: string | null;
}

export interface HostCard {
	readonly id: string;
	readonly colour: ColourName;
	readonly mood: HostMood;
	readonly state: string;
	readonly incarnation: number;
	readonly cut: readonly string[];
	readonly dramWords: string;
	/** Part of the DRAM in use, 0 … 1. */
	readonly dramUsed: number;
	readonly vms: readonly VmChip[];
}

export interface PoolCard {
	readonly id: string;
	readonly lost: boolean;
	readonly words: string;
	readonly parts: readonly {
		readonly vm: string;
		readonly share: number;
		readonly colour: ColourName;
		readonly lost: boolean;
	}[];
}

export interface RackScene {
	readonly hosts: readonly HostCard[];
	readonly pool: PoolCard | null;
}

const MOOD_WORDS: Readonly<Record<HostMood, string>> = {
	up: 'up',
	paused: 'stands still',
	down: 'dead',
	away: 'switched off',
	fenced: 'fenced: the device refuses it',
	stopped: 'stopped its vCPUs'
};

export const MOOD_GLYPH: Readonly<Record<HostMood, string>> = {
	up: '●',
	paused: 'Ⅱ',
	down: '✕',
	away: '○',
	fenced: '╫',
	stopped: '■'
};

/** What is wrong with a host, with its sign; null while it serves. */
export function awayWords(host: RackHostStatus | undefined): string | null {
	const mood = moodOf(host);
	return mood === 'up'
		? null
		: `${MOOD_GLYPH[mood]} ${mood === 'fenced' ? 'fenced' : MOOD_WORDS[mood]}`;
}

function moodOf(host: RackHostStatus | undefined): HostMood {
	if (!host || (host.power === 'up' && !host.deviceFenced && !host.selfFenced)) return 'up';
	if (host.power === 'down') return host.away ? 'away' : 'down';
	if (host.power === 'paused') return 'paused';
	return host.deviceFenced ? 'fenced' : 'stopped';
}

export function rackScene(status: WorldStatus): RackScene {
	const pool = status.memories.find((memory) => memory.kind === 'pool');
	return {
		hosts: status.hosts.map((host, index) => {
			const rack = status.rack?.hosts[index];
			const mood = moodOf(rack);
			const node = host.nodes[0];
			const bytes = node?.bytes ?? 0;
			const free = node?.freeBytes ?? 0;
			return {
				id: host.id,
				colour: hostColour(index),
				mood,
				state: MOOD_WORDS[mood],
				incarnation: rack?.incarnation ?? 1,
				cut: [
					...(rack?.cxlCut ? ['CXL link cut'] : []),
					...(rack?.networkCut ? ['network cut'] : [])
				],
				dramWords:
					mood === 'down' || mood === 'away'
						? 'DRAM: nothing in it'
						: `DRAM: ${formatBytesBinary(bytes - free)} of ${formatBytesBinary(bytes)}`,
				dramUsed: mood === 'down' || mood === 'away' || bytes === 0 ? 0 : 1 - free / bytes,
				vms: chipsOf(status, host.id, pool?.id ?? null)
			};
		}),
		pool: pool ? poolCard(status, pool.id, pool.bytes) : null
	};
}

/** Where the VM is, or was when nobody runs it. */
export const placeOf = (vm: VmStatus): string | null =>
	vm.runsOn ?? vm.instances[vm.runningInstance] ?? null;

/** All hosts that run vCPUs of it, in words. */
export const placesOf = (vm: VmStatus): string =>
	vm.split ? [...new Set(vm.split)].join(' and ') : (placeOf(vm) ?? 'no host');

function chipsOf(status: WorldStatus, host: string, pool: string | null): VmChip[] {
	const chips = status.vms.flatMap((vm, index): VmChip[] => {
		const rack = status.rack?.vms[index];
		const list: VmChip[] = [];
		if (vm.split?.includes(host) ?? placeOf(vm) === host)
			list.push(chipOf(vm, rack, pool, status.nowNs, host));
		if (rack?.zombieOn === host)
			list.push({
				id: vm.id,
				state: 'old incarnation, still acts',
				onPool: 0,
				mood: 'zombie',
				note: null
			});
		return list;
	});
	return chips;
}

function chipOf(
	vm: VmStatus,
	rack: RackVmStatus | undefined,
	pool: string | null,
	nowNs: number,
	host: string
): VmChip {
	const here = Object.values(vm.pagesByMemory).reduce((sum, pages) => sum + pages, 0);
	const onPool = pool === null || here === 0 ? 0 : (vm.pagesByMemory[pool] ?? 0) / here;
	const checkpoint =
		rack && rack.checkpointNs >= 0 && onPool === 1
			? `registers saved ${formatNs(Math.max(0, nowNs - rack.checkpointNs))} ago`
			: null;
	if (vm.vcpuState === 'lost')
		return {
			id: vm.id,
			state: vm.split ? 'lost: it needed both hosts' : 'lost',
			onPool,
			mood: 'lost',
			note: checkpoint
		};
	if (rack?.stalled)
		return { id: vm.id, state: 'waits for its pages', onPool, mood: 'still', note: checkpoint };
	const runs = vm.vcpuState === 'running';
	return {
		id: vm.id,
		state: `${sharedWords(vm, host)}${runs ? `runs at ${Math.round(vm.speedPpm / 1e4)} %` : vm.vcpuState}`,
		onPool,
		mood: runs ? 'runs' : 'still',
		note: checkpoint
	};
}

/** Before the rest: which part of the vCPUs is here. */
function sharedWords(vm: VmStatus, host: string): string {
	const here = vm.split?.filter((each) => each === host).length;
	return here === undefined ? '' : `${here} of ${vm.vcpuCount} vCPUs, `;
}

function poolCard(status: WorldStatus, id: string, bytes: number): PoolCard {
	const lost = status.rack?.pool === 'lost';
	const parts = status.vms.flatMap((vm) => {
		const pages = vm.pagesByMemory[id] ?? 0;
		if (pages === 0) return [];
		const at = status.hosts.findIndex((host) => host.id === placeOf(vm));
		return [
			{
				vm: vm.id,
				share: (pages * 4096) / bytes,
				colour: hostColour(Math.max(0, at)),
				lost: vm.vcpuState === 'lost'
			}
		];
	});
	const used = parts.reduce((sum, part) => sum + part.share, 0) * bytes;
	return {
		id,
		lost,
		words: lost
			? 'Pool: failed, nothing on it is left'
			: status.rack?.switchCut
				? 'Pool: the switch is down, no host reaches it; what lies there waits'
				: `Pool: ${formatBytesBinary(Math.round(used))} of ${formatBytesBinary(bytes)} hold pages of ${parts.length} VM${parts.length === 1 ? '' : 's'}`,
		parts
	};
}
