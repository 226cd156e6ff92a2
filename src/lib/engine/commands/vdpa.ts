import * as v from 'valibot';
import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { formatAddress, parseAddress } from '../../base/address.ts';
import { parseQuantity } from '../../base/quantity.ts';
import { PAGE_BYTES } from '../../base/units.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { choiceSchema, trafficSchema } from '../contract/scenario/vdpa-schema.ts';
import { NEEDS, SWITCH_STRATEGIES, unmetNeeds, type SwitchChoice, type SwitchStrategyId } from '../contract/vdpa/choice.ts';
import type { VdpaCommand, VdpaWord } from '../contract/vdpa/commands.ts';
import { IOTLB_OPERATIONS } from '../contract/vdpa/kinds.ts';
import { catchUp } from '../hypervisor/guest.ts';
import { failPrecopy } from '../migration/strategies/precopy.ts';
import { emit } from '../sim/trace.ts';
import type { NicRecord } from '../state/vdpa-records.ts';
import type { World } from '../state/world.ts';
import { acknowledgedBits, defined } from '../vdpa/build.ts';
import { contextOf, guestOf } from '../vdpa/context.ts';
import { plugDimm, unplugDimm } from '../vdpa/dimm.ts';
import { callDevice } from '../vdpa/kernel/device.ts';
import { sendMessage } from '../vdpa/kernel/iotlb.ts';
import type { DeviceCall, IotlbMessage, KernelResult } from '../vdpa/kernel/result.ts';
import { tellWrongMaps } from '../vdpa/promise.ts';
import { nicsBusy, runJobs, serves } from '../vdpa/switching/run.ts';

/** Words for the vDPA devices of a VM (contract/vdpa/commands.ts). */

export type VdpaOutcome = Outcome<{ readonly operation: number | null }, ReasonId>;
type Word = (world: World, vm: number, nic: number, given: Readonly<Record<string, unknown>>) => Outcome<string, ReasonId>;

export function executeVdpa(world: World, command: VdpaCommand): VdpaOutcome {
	const vm = world.r.vms.findIndex((record) => record.id === command.vm);
	if (vm < 0) return refused('unknown-vm', `no VM is called "${command.vm}"`);
	if (!world.r.vdpa.guests.some((guest) => guest.vm === vm)) return refused('no-nic', `${command.vm} has no vDPA device`);
	const nic = world.r.vdpa.nics.findIndex((record) => record.vm === vm && (command.nic === undefined || record.id === command.nic));
	if (nic < 0) return refused('no-nic', `${command.vm} has no device "${command.nic ?? ''}"`);
	const said = WORDS[command.execute](world, vm, nic, command.arguments ?? {});
	// Also a word that was refused may have been carried out in part.
	for (const each of world.r.vdpa.nics) if (each.vm === vm) tellWrongMaps(guestOf(world, vm), each);
	if (!said.ok) return said;
	emit(world, {
		kind: 'command',
		rule: 'command',
		cause: null,
		vm: command.vm,
		values: { name: command.name, execute: command.execute, outcome: 'accepted' },
		text: said.value
	});
	return ok({ operation: null });
}

const nicAt = (world: World, index: number): NicRecord => world.r.vdpa.nics[index] as NicRecord;

function bytesIn(given: unknown): number | null {
	if (typeof given !== 'number' && typeof given !== 'string') return null;
	const parsed = parseQuantity(given, 'bytes');
	return parsed.ok ? parsed.value : null;
}

function addressIn(given: unknown): number | null {
	const value = typeof given === 'number' ? given : typeof given === 'string' ? parseAddress(given) : null;
	return value !== null && Number.isSafeInteger(value) && value >= 0 ? value : null;
}

function setStrategy(world: World, vm: number, index: number, given: Readonly<Record<string, unknown>>): Outcome<string, ReasonId> {
	const nic = nicAt(world, index);
	const guest = guestOf(world, vm);
	const { strategy, ...rest } = given;
	if (strategy !== undefined && (typeof strategy !== 'string' || !Object.hasOwn(SWITCH_STRATEGIES, strategy)))
		return refused('bad-command', `arguments.strategy: one of ${Object.keys(SWITCH_STRATEGIES).join(', ')}`);
	const parts = v.safeParse(choiceSchema, rest);
	if (!parts.success) return refused('bad-command', `arguments: ${parts.issues[0].message}`);
	if (nicsBusy(world, vm) || nic.ends.some((end) => end?.svq && !nic.alwaysShadow))
		return refused('nic-busy', `${nic.id} is in the middle of a migration; its strategy stays`);
	const base: SwitchChoice = strategy === undefined ? nic.choice : SWITCH_STRATEGIES[strategy as SwitchStrategyId].choice;
	const choice: SwitchChoice = { ...base, ...defined(parts.output) };
	const [need] = unmetNeeds(choice, nic.traits, guest);
	if (need !== undefined) return refused('need-not-met', `it needs ${NEEDS[need]}`);
	nic.choice = choice;
	nic.strategy = strategy !== undefined && Object.keys(parts.output).length === 0 ? (strategy as SwitchStrategyId) : null;
	nic.acknowledged = acknowledgedBits(choice, nic.traits);
	// Our simplification: the features are acknowledged anew without closing the device.
	for (const end of nic.ends) if (end?.kernel.open) end.kernel.backendFeatures = [...nic.acknowledged];
	return ok(`${nic.id}: ${nic.strategy === null ? 'a strategy of your own' : SWITCH_STRATEGIES[nic.strategy].title}`);
}

function setTraffic(world: World, vm: number, index: number, given: Readonly<Record<string, unknown>>): Outcome<string, ReasonId> {
	const nic = nicAt(world, index);
	const { traffic } = nic;
	const read = v.safeParse(trafficSchema, {
		packetsPerSecond: traffic.packetsPerSecond,
		payloadBytes: traffic.payloadBytes,
		receivePermille: traffic.receivePermille,
		...given
	});
	if (!read.success) return refused('bad-command', `arguments: ${read.issues[0].message}`);
	catchUp(world, vm);
	Object.assign(traffic, read.output);
	return ok(`${nic.id}: ${traffic.packetsPerSecond} packets a second`);
}

/** Words that are calls of QEMU: what the kernel meant, and what QEMU saw. */
function told(nic: NicRecord, what: string, result: KernelResult): Outcome<string, ReasonId> {
	if (result.kernel === null) return ok(`${nic.id}: ${what} → ${result.value === 0 ? 'done' : result.value}`);
	return ok(`${nic.id}: ${what} → the kernel means ${result.kernel} (${result.detail}), the caller sees ${result.caller ?? 'nothing'}`);
}

function message(world: World, vm: number, index: number, given: Readonly<Record<string, unknown>>): Outcome<string, ReasonId> {
	const op = String(given['op']);
	if (!Object.hasOwn(IOTLB_OPERATIONS, op))
		return refused('bad-command', `arguments.op: one of ${Object.keys(IOTLB_OPERATIONS).join(', ')}`);
	const asid = Number(given['asid'] ?? 0);
	if (!Number.isInteger(asid) || asid < 0 || asid > 1024) return refused('bad-command', 'arguments.asid: a small whole number');
	const running = (world.r.vms[vm] as { running: number }).running as 0 | 1;
	const context = contextOf(world, index, running);
	catchUp(world, vm);
	if (op === 'batch-begin' || op === 'batch-end') return told(context.nic, op, sendMessage(context, { op, asid }, running));
	const iova = addressIn(given['iova']);
	const bytes = bytesIn(given['bytes']);
	if (iova === null) return refused('bad-command', 'arguments.iova: an address');
	if (bytes === null) return refused('bad-command', 'arguments.bytes: an amount');
	if (op === 'invalidate') return told(context.nic, op, sendMessage(context, { op, asid, iova, bytes }, running));
	const uaddr = addressIn(given['uaddr']);
	const permission = Number(given['permission'] ?? 3);
	if (uaddr === null) return refused('bad-command', 'arguments.uaddr: an address');
	if (permission !== 1 && permission !== 2 && permission !== 3) return refused('bad-command', 'arguments.permission: 1, 2 or 3');
	const update: IotlbMessage = { op: 'update', asid, iova, bytes, uaddr, permission };
	return told(context.nic, 'update', sendMessage(context, update, running));
}

const CALLS = v.variant('call', [
	v.strictObject({ call: v.picklist(['SET_OWNER', 'SUSPEND', 'RESUME', 'SET_LOG_BASE', 'SET_FEATURES']) }),
	v.strictObject({ call: v.literal('SET_STATUS'), status: v.pipe(v.number(), v.integer(), v.minValue(0), v.maxValue(255)) }),
	v.strictObject({
		call: v.picklist(['GET_VRING_BASE', 'GET_VRING_GROUP', 'GET_VRING_DESC_GROUP']),
		queue: v.pipe(v.number(), v.integer())
	}),
	v.strictObject({ call: v.literal('SET_GROUP_ASID'), group: v.pipe(v.number(), v.integer()), asid: v.pipe(v.number(), v.integer()) }),
	v.strictObject({ call: v.literal('SET_BACKEND_FEATURES'), bits: v.array(v.pipe(v.number(), v.integer())) }),
	v.strictObject({ call: v.literal('SET_VRING_ENABLE'), queue: v.pipe(v.number(), v.integer()), enabled: v.boolean() })
]);

function call(world: World, vm: number, index: number, given: Readonly<Record<string, unknown>>): Outcome<string, ReasonId> {
	const read = v.safeParse(CALLS, given);
	if (!read.success) return refused('bad-command', `arguments: ${read.issues[0].message}`);
	if (nicsBusy(world, vm)) return refused('nic-busy', 'QEMU is in the middle of a change');
	const running = (world.r.vms[vm] as { running: number }).running as 0 | 1;
	const context = contextOf(world, index, running);
	catchUp(world, vm);
	const before = serves(context);
	const known = context.end.kernel.suspended || read.output.call === 'SUSPEND';
	const result = callDevice(context, read.output as DeviceCall, running);
	const after = serves(context);
	if (before && !after) context.queues.stop(context.nic, context.end, known);
	if (!before && after) context.queues.start(context.nic, context.end);
	return told(context.nic, read.output.call, result);
}

function viommu(
	world: World,
	vm: number,
	index: number,
	given: Readonly<Record<string, unknown>>,
	map: boolean
): Outcome<string, ReasonId> {
	const guest = guestOf(world, vm);
	if (!guest.viommu) return refused('need-not-met', 'the VM has no virtual IOMMU');
	const giova = addressIn(given['giova']);
	const gfn = Number(given['gfn'] ?? 0);
	const pages = Number(given['pages'] ?? 1);
	if (giova === null || giova % PAGE_BYTES !== 0) return refused('bad-command', 'arguments.giova: an address on a page');
	if (!Number.isInteger(pages) || pages < 1 || pages > 512) return refused('bad-command', 'arguments.pages: 1 to 512');
	const section = guest.sections.find((one) => gfn >= one.firstGfn && gfn + pages <= one.firstGfn + one.bytes / PAGE_BYTES);
	if (map && !section) return refused('not-backed', `gfn ${gfn} is not guest memory`);
	const running = (world.r.vms[vm] as { running: number }).running as 0 | 1;
	const context = contextOf(world, index, running);
	catchUp(world, vm);
	for (let page = 0; page < pages; page += 1) {
		const iova = giova + page * PAGE_BYTES;
		const uaddr = section ? section.hva[running] + (gfn - section.firstGfn + page) * PAGE_BYTES : 0;
		const result = sendMessage(
			context,
			map
				? { op: 'update', asid: 0, iova, bytes: PAGE_BYTES, uaddr, permission: 3 }
				: { op: 'invalidate', asid: 0, iova, bytes: PAGE_BYTES },
			running
		);
		if (result.kernel !== null) return told(context.nic, map ? 'update' : 'invalidate', result);
	}
	if (map) guest.giova.push({ giova, gfn, pages });
	else guest.giova = guest.giova.filter((one) => one.giova < giova || one.giova >= giova + pages * PAGE_BYTES);
	return ok(`${context.nic.id}: ${pages} ${pages === 1 ? 'page' : 'pages'} ${map ? 'mapped' : 'unmapped'} by the guest’s driver`);
}

const WORDS: Readonly<Record<VdpaWord, Word>> = {
	'plug-dimm': (world, vm, _, given) => {
		const bytes = bytesIn(given['bytes']);
		if (bytes === null) return refused('bad-command', 'arguments.bytes: an amount');
		const plugged = plugDimm(world, vm, bytes);
		return plugged.ok ? ok(`${plugged.value.id} is plugged at ${formatAddress(plugged.value.gpa)}`) : plugged;
	},
	'unplug-dimm': (world, vm) => {
		const gone = unplugDimm(world, vm);
		return gone.ok ? ok(`${gone.value.id} is out`) : gone;
	},
	'device-add': (world, vm, _, given) => {
		const driver = String(given['driver']);
		if (driver === 'virtio-mem-pci') {
			const blocking = world.r.vdpa.nics.find((nic) => nic.vm === vm);
			return refused('discard-disabled', `Discarding RAM is disabled: ${blocking?.id ?? 'a vhost-vdpa device'} is there first`);
		}
		if (driver === 'pc-dimm') {
			const bytes = bytesIn(given['bytes']);
			if (bytes === null) return refused('bad-command', 'arguments.bytes: an amount');
			const plugged = plugDimm(world, vm, bytes);
			return plugged.ok ? ok(`${plugged.value.id} is plugged at ${formatAddress(plugged.value.gpa)}`) : plugged;
		}
		return refused('bad-command', 'arguments.driver: pc-dimm or virtio-mem-pci');
	},
	'set-strategy': setStrategy,
	'set-traffic': setTraffic,
	'fail-migration': (world, vm) => {
		const operation = world.r.operations.find((one) => one.vm === vm && one.state === 'running');
		if (!operation) return refused('no-migration', 'no migration of the VM is running');
		if (operation.strategy !== 'precopy') return refused('bad-command', 'only a migration by pre-copy can lose its target here');
		if (operation.phase === 'switchover') return refused('too-late', 'the guest is stopped and the device state is on its way');
		failPrecopy(world, operation);
		return ok('the target goes away');
	},
	message,
	call,
	'live-update': (world, vm) => {
		if (nicsBusy(world, vm)) return refused('nic-busy', 'QEMU is in the middle of a change');
		const { running, status } = world.r.vms[vm] as { running: number; status: string };
		if (['setup', 'active', 'device', 'cancelling'].includes(status))
			return refused('migrating', 'a live update is not allowed while migrating');
		const jobs = world.r.vdpa.nics.flatMap((nic, index) =>
			nic.vm === vm ? [{ nic: index, kind: 'live-update' as const, instance: running as 0 | 1, incoming: false }] : []
		);
		runJobs(world, vm, jobs, null);
		return ok('a new QEMU process takes over');
	},
	'viommu-map': (world, vm, nic, given) => viommu(world, vm, nic, given, true),
	'viommu-unmap': (world, vm, nic, given) => viommu(world, vm, nic, given, false)
};
