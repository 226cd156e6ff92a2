import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import type { QmpArguments } from '../../contract/machine-commands.ts';
import type { PAGE_WORDS } from '../../contract/rack/page-words.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { beginMigration, withDefaults } from '../../migration/begin.ts';
import { hostName } from '../../migration/operation.ts';
import { checkErrand, type Errand } from '../../migration/reference/errand.ts';
import type { MoveTo } from '../../migration/reference/guard.ts';
import { poisonPage } from '../../migration/reference/hammer.ts';
import { splitVcpus } from '../../migration/reference/split.ts';
import { tierFolio } from '../../migration/reference/tiering.ts';
import { laidStep } from '../../rack/laid.ts';
import { isOnPool } from '../../migration/reference/place.ts';
import { frameOf } from '../../mm/space/mapping.ts';
import { takeExtentsBack } from '../../rack/dead.ts';
import type { HostRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import type { RackSubject, RackWordRun } from './word.ts';

/** Words about the pages of one VM (contract/rack/page-words.ts). */
type OnVm = (world: World, vmIndex: number, vm: VmRecord, given: QmpArguments) => Outcome<string, ReasonId>;

const onVm =
	(run: OnVm): RackWordRun =>
	(world, subject: RackSubject, given) => {
		const vm = world.r.vms[subject.vm];
		return vm ? run(world, subject.vm, vm, given) : refused('bad-command', 'vm: the VM that is meant');
	};

function errand(world: World, vmIndex: number, vm: VmRecord, kind: Errand, says: string): Outcome<string, ReasonId> {
	const running = world.r.operations.find((operation) => operation.vm === vmIndex && operation.state === 'running');
	if (running) return refused('already-running', `operation ${running.id} moves ${vm.id}`);
	if (vm.split) return refused('vcpus-split', `${vm.id} runs on two hosts at once`);
	const able = checkErrand(world, vmIndex, kind);
	if (!able.ok) return able;
	const host = vm.instances[vm.running] as number;
	beginMigration(world, {
		strategy: 'transit',
		vm: vmIndex,
		source: host,
		target: host,
		parameters: withDefaults(world, { stayOnPool: true }),
		cause: world.r.traceCount,
		extra: { errand: kind }
	});
	return ok(says);
}

const TO: readonly MoveTo[] = ['dram', 'pool', 'swap'];

function readGfn(given: QmpArguments): number | null {
	const { gfn } = given;
	return typeof gfn === 'number' && Number.isInteger(gfn) && gfn >= 0 ? gfn : null;
}

export const PAGES: Readonly<Record<keyof typeof PAGE_WORDS, RackWordRun>> = {
	'push-out': onVm((world, index, vm) => errand(world, index, vm, 'push-out', `the pages of ${vm.id} go out to the pool`)),
	'pull-home': onVm((world, index, vm) => errand(world, index, vm, 'pull-home', `the pages of ${vm.id} come home`)),
	tier: onVm((world, index, vm, given) => {
		const gfn = readGfn(given);
		const to = TO.find((word) => word === given['to']);
		if (gfn === null) return refused('bad-command', 'arguments.gfn: the page that is meant');
		if (!to) return refused('bad-command', `arguments.to: one of ${TO.join(', ')}`);
		const moved = tierFolio(world, index, gfn, to);
		return moved.ok ? ok(`gfn ${gfn} of ${vm.id} is moved by its kernel`) : moved;
	}),
	'attach-device': onVm((world, index, vm) => {
		if (vm.passThrough) return refused('already-there', `${vm.id} has a passed-through device`);
		if (vm.secure) return refused('secure-memory', `${vm.id} has secure memory`);
		const pool = world.r.memories.findIndex((memory) => memory.kind === 'pool');
		if (!vm.dax && pool >= 0 && (vm.pagesByMemory[pool] ?? 0) > 0)
			return errand(world, index, vm, 'pin-home', `a device comes to ${vm.id}: its pins move every page off the pool first`);
		const moving = world.r.operations.some((operation) => operation.vm === index && operation.state === 'running');
		if (moving) return refused('migrating', `nothing is plugged into ${vm.id} while it moves`);
		vm.passThrough = true;
		return ok(`a device comes to ${vm.id} and pins ${vm.populatedPages} pages`);
	}),
	'detach-device': onVm((_, __, vm) => {
		if (!vm.passThrough) return refused('not-pinned', `${vm.id} has no passed-through device`);
		delete vm.passThrough;
		delete vm.failover;
		return ok(`the device of ${vm.id} goes, and its pins with it`);
	}),
	poison: onVm((world, index, vm, given) => {
		if (given['state'] === true) {
			vm.statePoisoned = true;
			return ok(`the slot for the vCPU state of ${vm.id} is poisoned: who reads it in the next hand-off gets no data`);
		}
		const gfn = readGfn(given);
		if (gfn === null || gfn >= vm.pageCount || frameOf(world, vm, vm.running, gfn) < 0)
			return refused('not-backed', `arguments.gfn: a page of ${vm.id} that has a frame`);
		poisonPage(world, index, gfn);
		const where = isOnPool(world, frameOf(world, vm, vm.running, gfn)) ? 'on the pool' : 'in DRAM';
		return ok(`the memory ${where} behind gfn ${gfn} of ${vm.id} is poisoned`);
	}),
	'release-extents': onVm((world, index, vm) => {
		const released = takeExtentsBack(world, index);
		return released.ok ? ok(`${released.value} ${released.value === 1 ? 'extent' : 'extents'} of ${vm.id} taken back by force`) : released;
	}),
	'split-vcpus': onVm((world, index, _, given) => splitVcpus(world, index, given['hosts'])),
	'laid-step': onVm((world, index, _, { plan, actor, step }) =>
		typeof plan === 'string' && typeof actor === 'string' && typeof step === 'string'
			? laidStep(world, index, plan, actor, step)
			: refused('bad-command', 'arguments: plan, actor and step, three texts')
	),
	'decline-capacity': (world, subject, given) => {
		const host = world.r.hosts[subject.host] as HostRecord | undefined;
		if (!host) return refused('bad-command', 'host: the host that is meant');
		if (given['decline'] === false) delete host.declines;
		else host.declines = true;
		return ok(`${hostName(world, subject.host)} ${host.declines ? 'declines' : 'accepts'} capacity that it is offered`);
	}
};
