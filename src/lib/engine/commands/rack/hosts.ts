import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { parseQuantity } from '../../../base/quantity.ts';
import type { QmpArguments } from '../../contract/machine-commands.ts';
import type { HOST_WORDS } from '../../contract/rack/host-words.ts';
import type { HostLink } from '../../contract/rack/status.ts';
import { passesByCopy } from '../../contract/migration/strategies.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { takeCheckpoint } from '../../rack/checkpoints.ts';
import { evacuate } from '../../rack/evacuation.ts';
import { everyoneCatchesUp, nameOf, poolPagesOf } from '../../rack/hosts.ts';
import { cutLink, mendLink } from '../../rack/links.ts';
import { note } from '../../rack/note.ts';
import { loseFabricManager, losePool, restoreFabricManager, restorePool } from '../../rack/pool.ts';
import { boot, crash, pause, resume } from '../../rack/power.ts';
import { peerOf, rackOf, rackVmOf, reachesPool } from '../../rack/rack-records.ts';
import { orphan, writeFence } from '../../rack/recovery.ts';
import { able, isComing, planRestart } from '../../rack/restart.ts';
import { cutSwitch, mendSwitch } from '../../rack/switch.ts';
import type { HostRecord, VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import type { RackSubject, RackWordRun } from './word.ts';

/** Words about hosts, links, the pool and what keeps VMs alive. */

const ofHost =
	(run: (world: World, host: number, given: QmpArguments) => Outcome<string, ReasonId>): RackWordRun =>
	(world, subject, given) =>
		subject.host < 0 ? refused('bad-command', 'host: which one?') : run(world, subject.host, given);

/** A stretch of time among the arguments; 0 where it is left out. */
function spanOf(given: QmpArguments): Outcome<number, 'bad-command'> {
	const { forNs } = given;
	if (forNs === undefined) return ok(0);
	const read = typeof forNs === 'number' || typeof forNs === 'string' ? parseQuantity(forNs, 'nanoseconds') : null;
	return read?.ok === true && read.value >= 0 ? ok(Math.floor(read.value)) : refused('bad-command', 'arguments.forNs: a stretch of time');
}

function linkOf(given: QmpArguments): Outcome<HostLink, 'bad-command'> {
	const link = given['link'] ?? 'cxl';
	return link === 'cxl' || link === 'network' ? ok(link) : refused('bad-command', 'arguments.link: cxl or network');
}

export const HOSTS: Readonly<Record<keyof typeof HOST_WORDS, RackWordRun>> = {
	crash: ofHost(crash),
	pause: ofHost((world, host, given) => {
		const span = spanOf(given);
		return span.ok ? pause(world, host, span.value) : span;
	}),
	resume: ofHost(resume),
	boot: ofHost(boot),
	'cut-link': ofHost((world, host, given) => {
		const link = linkOf(given);
		return link.ok ? cutLink(world, host, link.value) : link;
	}),
	'mend-link': ofHost((world, host, given) => {
		const link = linkOf(given);
		return link.ok ? mendLink(world, host, link.value) : link;
	}),
	'lose-fabric-manager': loseFabricManager,
	'restore-fabric-manager': restoreFabricManager,
	'lose-pool': losePool,
	'restore-pool': restorePool,
	'cut-switch': cutSwitch,
	'mend-switch': mendSwitch,
	checkpoint: (world, { vm }) => (vm < 0 ? refused('bad-command', 'vm: which one?') : takeCheckpoint(world, vm)),
	fence: ofHost(fenceByHand),
	recover: recover,
	evacuate: ofHost((world, host) => evacuate(world, host, -1)),
	maintain: ofHost((world, host, given) => {
		const span = spanOf(given);
		if (!span.ok) return span;
		if (span.value === 0) return refused('bad-command', 'arguments.forNs: how long is it off?');
		return evacuate(world, host, world.r.nowNs + span.value);
	})
};

/**
 * The fabric manager is told by hand: it asks nobody whether the host is dead. What lives on the pool has lost its memory there
 * and then; what is in the host's DRAM goes on, until the host misses its own beats.
 */
function fenceByHand(world: World, host: number): Outcome<string, ReasonId> {
	if (!world.scenario.pool) return refused('no-shared-memory', 'the scenario has no pool');
	if (rackOf(world).poolLost) return refused('pool-lost', 'the pool has failed: nothing is left to cut it off from');
	if (rackOf(world).fabricManagerLost) return refused('fabric-manager-lost', 'no fabric manager answers: nobody can be cut off');
	const peer = peerOf(world, host);
	if (peer.deviceFenced) return refused('link-state', `${nameOf(world, host)} is cut off already`);
	everyoneCatchesUp(world);
	peer.deviceFenced = true;
	const { incarnation } = world.r.hosts[host] as HostRecord;
	writeFence(world, host, incarnation, 0);
	const text = `the fabric manager cuts ${nameOf(world, host)} off: the device refuses incarnation ${incarnation}`;
	const cause = note(world, { kind: 'fence', rule: 'fencing', host, values: { incarnation }, text });
	const byReference = (vm: number): boolean =>
		world.r.operations.some((each) => each.vm === vm && each.state === 'running' && !passesByCopy(each.strategy));
	orphan(world, host, cause, (vm) => poolPagesOf(world, vm) > 0 || byReference(vm));
	return ok(text);
}

function recover(world: World, subject: RackSubject, given: QmpArguments): Outcome<string, ReasonId> {
	const vm = world.r.vms[subject.vm] as VmRecord | undefined;
	if (!vm) return refused('bad-command', 'vm: which one?');
	const to = world.r.hosts.findIndex((host) => host.id === given['to']);
	if (to < 0) return refused('unknown-host', `no host is called "${String(given['to'])}"`);
	const victim = vm.instances[vm.running] as number;
	// Frozen in the hand-off, its source dead: whoever asks may take it, and the target comes too late.
	if (vm.vcpuState !== 'lost' && world.r.hosts[victim]?.power !== 'down')
		return refused('vm-not-lost', `${vm.id} is ${vm.vcpuState} on ${nameOf(world, victim)}`);
	if (isComing(world, subject.vm))
		return refused('link-state', `${nameOf(world, rackVmOf(world, subject.vm).restartTo)} takes ${vm.id} already`);
	const check = able(world, subject.vm, to);
	if (!check.ok) return check;
	if (reachesPool(world, to)) orphan(world, victim, vm.causeSeq ?? 0, (each) => each === subject.vm);
	planRestart(world, subject.vm, to);
	return ok(`${nameOf(world, to)} takes ${vm.id}`);
}
