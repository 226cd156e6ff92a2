import { formatAddress } from '../../base/address.ts';
import { formatBytesBinary, formatNs, formatNumber } from '../../base/format.ts';
import { MIB } from '../../base/units.ts';
import type { MachineStatus, VirtioMemStatus } from '../../engine/contract/machine-status.ts';
import type { Message } from './messages.ts';
import { Sub, type Unit, type VirtioMemScene } from './units.ts';

/** Exact sizes: whole MiB below 10 GiB, so that 92 of 64 can be told apart. */
export function sizeWords(bytes: number): string {
	if (bytes === 0) return '0';
	if (bytes % 1024 ** 3 === 0 || bytes >= 10 * 1024 ** 3) return formatBytesBinary(bytes);
	return bytes % MIB === 0 ? `${formatNumber(bytes / MIB)}\u2009MiB` : formatBytesBinary(bytes);
}

const SHORT: Readonly<Record<string, string>> = {
	EBUSY: 'pages are busy',
	ETXTBSY: 'the device answered BUSY',
	ENOMEM: 'no memory for it',
	ENOSPC: 'no room',
	EINVAL: 'the device answered ERROR'
};
export const errnoWords = (errno: string): string => SHORT[errno] ?? errno;

/** How far the amounts are apart. */
export function distanceWords(device: VirtioMemStatus): string {
	const tooMany = device.pluggedBytes - device.requestedBytes;
	if (tooMany === 0) return 'as requested';
	return tooMany > 0
		? `${sizeWords(tooMany)} more than asked`
		: `${sizeWords(-tooMany)} less than asked`;
}

/** What the driver does now and why: one sentence. */
export function stateSentence(machine: MachineStatus, device: VirtioMemStatus): string {
	const { lastResult } = device;
	if (device.driver === 'broken')
		return 'The driver gave the device up after an answer that should not be: nothing is asked for any more.';
	if (device.driver === 'absent') return 'No driver has found the device yet: it can only wait.';
	if (device.driver === 'removed') return 'The driver was unloaded: what is plugged stays plugged.';
	const difference = Math.abs(device.requestedBytes - device.pluggedBytes);
	if (difference === 0) return 'The guest has what was requested.';
	if (device.retryAtNs !== null) {
		const why =
			lastResult === 'ETXTBSY'
				? 'the device answered BUSY: a guest that migrates is not resized'
				: lastResult === 'ENOMEM'
					? 'there was no memory to move things to'
					: 'some sub-blocks could not be emptied';
		return `The last run failed, ${why}. The driver sleeps until its timer; only a new request wakes it.`;
	}
	if (lastResult === 'ENOSPC') return noSpaceSentence(machine, device);
	if (difference < smallest(device))
		return `The rest is less than one ${device.mode === 'sbm' ? 'sub-block' : 'big block'} of ${sizeWords(smallest(device))}: nothing more is done, and nothing is retried.`;
	return device.pluggedBytes > device.requestedBytes
		? 'The driver is giving sub-blocks back, highest address first.'
		: 'The driver is asking for more.';
}

const smallest = (device: VirtioMemStatus): number =>
	device.mode === 'sbm' ? device.subBlockBytes : device.unitBytes;

function noSpaceSentence(machine: MachineStatus, device: VirtioMemStatus): string {
	const offline =
		device.blocks.filter((block) => block.state.startsWith('OFFLINE')).length *
		machine.memoryBlockBytes;
	if (offline > 0)
		return `${sizeWords(offline)} wait to be brought online by somebody: the driver stops there, and there is no timer.`;
	if (wholeUnits(device) === 0)
		return 'No block fits the usable region: nothing is plugged, and nothing is retried.';
	return 'There is no room left in the usable region: the driver stops, without a timer.';
}

/** Whole units inside the usable region. */
export const wholeUnits = (device: VirtioMemStatus): number =>
	device.unitBytes === 0
		? 0
		: Math.max(
				0,
				Math.floor((device.addr + device.usableBytes) / device.unitBytes) -
					Math.ceil(device.addr / device.unitBytes)
			);

/** The whole figure in words. */
export function virtioMemWords(scene: VirtioMemScene, nowNs: number): string {
	const { device, counts } = scene;
	const parts = [
		`${device.id} on node ${device.node}.`,
		`Requested ${sizeWords(device.requestedBytes)}, size ${sizeWords(device.pluggedBytes)}, ${distanceWords(device)}.`,
		`Usable ${sizeWords(device.usableBytes)} of ${sizeWords(device.regionBytes)}.`
	];
	if (device.pluggedBytes > device.requestedBytes && device.retryAtNs !== null)
		parts.push(
			`${counts.plugged} ${device.mode === 'sbm' ? 'sub-block' : 'big block'}${counts.plugged === 1 ? ' stays' : 's stay'}: ${countWords(counts)}.`
		);
	if (device.retryAtNs !== null)
		parts.push(`Next try in ${formatNs(Math.max(0, device.retryAtNs - nowNs))}.`);
	const first = device.blocking[0];
	if (first) parts.push(`Last refusal: ${placeWords(scene, first.addr)}, ${first.why}.`);
	parts.push(stateSentence(scene.machine, device));
	return parts.join(' ');
}

export function countWords(counts: {
	readonly plugged: number;
	readonly kernel: number;
	readonly pinned: number;
	readonly held: number;
	readonly secure: number;
}): string {
	const kept = [
		[counts.kernel, 'kernel'],
		[counts.pinned, 'pinned'],
		[counts.held, 'held'],
		[counts.secure, 'secure']
	] as const;
	const words = kept
		.filter(([count]) => count > 0)
		.map(([count, word]) => `${formatNumber(count)} ${word}`);
	const rest = counts.plugged - kept.reduce((sum, [count]) => sum + count, 0);
	if (rest > 0) words.push(`${formatNumber(rest)} that could move`);
	return words.join(', ') || 'none';
}

/** "memory35 · sub-block 33" */
export function placeWords(scene: VirtioMemScene, addr: number): string {
	const unit = scene.units.find(
		(one) => addr >= one.addr && addr < one.addr + scene.subsPerUnit * scene.subBytes
	);
	if (!unit) return formatAddress(addr);
	if (scene.subsPerUnit === 1) return unit.name;
	return `${unit.name} · sub-block ${Math.floor((addr - unit.addr) / scene.subBytes)}`;
}

const SUB_WORDS: Readonly<Record<number, string>> = {
	[Sub.unplugged]: 'unplugged',
	[Sub.plugged]: 'plugged, could move',
	[Sub.kernel]: 'plugged, kernel data in it',
	[Sub.held]: 'plugged, a page of it is held',
	[Sub.pinned]: 'plugged, a page of it is pinned',
	[Sub.secure]: 'plugged, secret memory in it'
};

export function subWords(scene: VirtioMemScene, unit: Unit, at: number): string {
	const what = unit.usable
		? (SUB_WORDS[unit.subs[at] as number] ?? '')
		: 'beyond the usable region: a request would be answered ERROR';
	return `${placeWords(scene, unit.addr + at * scene.subBytes)}, ${sizeWords(scene.subBytes)} at ${formatAddress(unit.addr + at * scene.subBytes)}: ${what}`;
}

export function unitWords(scene: VirtioMemScene, unit: Unit): string {
	if (!unit.usable)
		return `${unit.name}: beyond the usable region, a request would be answered ERROR`;
	if (unit.counts.plugged === 0) return `${unit.name}: usable, nothing plugged`;
	const of =
		scene.subsPerUnit === 1
			? 'plugged'
			: `${unit.counts.plugged} of ${scene.subsPerUnit} sub-blocks plugged`;
	return `${unit.name}: ${unit.state}, ${of}; ${countWords(unit.counts)}`;
}

export function messageWords(message: Message, device: VirtioMemStatus): readonly [string, string] {
	switch (message.kind) {
		case 'requested':
			return [`requested ${sizeWords(message.bytes)}`, 'configuration changed'];
		case 'reset':
			return ['system reset', 'the device unplugs all'];
		case 'request': {
			const what =
				message.type === 'UNPLUG_ALL' ? message.type : `${message.type} ${message.blocks}`;
			const count = message.count > 1 ? ` × ${formatNumber(message.count)}` : '';
			const name = device.mode === 'sbm' ? 'memory' : 'big block ';
			const where =
				message.type === 'UNPLUG_ALL'
					? ''
					: ` · ${name}${message.firstUnit}${message.lastUnit > message.firstUnit ? `–${message.lastUnit}` : ''}`;
			return [`${what}${count}`, `${message.answer}${count}${where}`];
		}
		case 'failed':
			return [
				message.errno === 'EBUSY'
					? `EBUSY${message.count > 1 ? ` × ${message.count}` : ''}: nothing is sent`
					: `${message.errno}: ${errnoWords(message.errno)}`,
				message.retryNs > 0 ? `timer ${formatNs(message.retryNs)}` : 'no timer'
			];
	}
}
