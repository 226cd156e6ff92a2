import { ok, refused, type Outcome } from '../../base/outcome.ts';
import { needsNetwork } from '../contract/migration/strategies.ts';
import type { HostLink } from '../contract/rack/status.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { refreshSpeed } from '../hypervisor/speed.ts';
import { breakStream } from '../migration/break-stream.ts';
import { STRATEGIES } from '../migration/strategies/index.ts';
import type { World } from '../state/world.ts';
import { beginSilence } from './beats.ts';
import { letGo } from './hold.ts';
import { everyoneCatchesUp, hostsOf, nameOf, poolPagesOf, runsOn } from './hosts.ts';
import { note } from './note.ts';
import { peerOf, rackOf, rackVmOf, reachesPool } from './rack-records.ts';

/** A link of one host breaks and is mended. */
const WORDS: Readonly<Record<HostLink, string>> = { cxl: 'CXL link', network: 'network link' };

export function cutLink(world: World, host: number, link: HostLink): Outcome<string, ReasonId> {
	const peer = peerOf(world, host);
	if (link === 'cxl' && !world.scenario.pool) return refused('no-shared-memory', 'the scenario has no pool');
	if (link === 'cxl' ? peer.cxlCut : peer.networkCut)
		return refused('link-state', `the ${WORDS[link]} of ${nameOf(world, host)} is cut already`);
	everyoneCatchesUp(world);
	const text = `the ${WORDS[link]} of ${nameOf(world, host)} breaks`;
	note(world, { kind: 'cut', rule: 'host-link', host, values: { link }, text });
	if (link === 'network') {
		peer.networkCut = true;
		for (const operation of world.r.operations) {
			if (operation.state !== 'running' || !needsNetwork(operation.strategy)) continue;
			if (operation.source !== host && operation.target !== host) continue;
			const broken = breakStream(world, operation);
			// While the device state is on its way it is to the source as if the target had gone.
			if (!broken.ok && broken.reason === 'too-late') STRATEGIES[operation.strategy].hostLost(world, operation, 'target');
		}
		return ok(text);
	}
	peer.cxlCut = true;
	beginSilence(world, host);
	stall(world, (vm) => vm === host);
	return ok(text);
}

export function mendLink(world: World, host: number, link: HostLink): Outcome<string, ReasonId> {
	const peer = peerOf(world, host);
	if (!(link === 'cxl' ? peer.cxlCut : peer.networkCut)) return refused('link-state', `the ${WORDS[link]} of ${nameOf(world, host)} works`);
	everyoneCatchesUp(world);
	const text = `the ${WORDS[link]} of ${nameOf(world, host)} works again`;
	note(world, { kind: 'mend', rule: 'host-link', host, values: { link }, text });
	if (link === 'network') {
		peer.networkCut = false;
		mendStreams(world);
		return ok(text);
	}
	peer.cxlCut = false;
	reachAgain(world, host);
	return ok(text);
}

/** The host reaches the pool again, if nothing else is in its way: what waited goes on, and it counts the others' beats anew. */
export function reachAgain(world: World, host: number): void {
	if (!reachesPool(world, host)) return;
	for (const seen of peerOf(world, host).seen) seen.sinceNs = world.r.nowNs;
	unstall(world, host);
	letGo(world, host);
}

/** Paused moves between hosts whose links all work may be taken up again; by themselves they are not. */
function mendStreams(world: World): void {
	for (const operation of world.r.operations) {
		const fetch = world.r.vms[operation.vm]?.fetch;
		if (operation.state !== 'running' || fetch?.operation !== operation.id) continue;
		if (!peerOf(world, operation.source).networkCut && !peerOf(world, operation.target).networkCut) fetch.cut = false;
	}
}

/** vCPUs whose pages cannot be reached stand still at the first access. */
export function stall(world: World, isOn: (host: number) => boolean): void {
	world.r.vms.forEach((vm, index) => {
		if (!hostsOf(vm).some(isOn) || vm.vcpuState !== 'running' || poolPagesOf(world, index) === 0) return;
		vm.vcpuState = 'stopped';
		const mine = rackVmOf(world, index);
		mine.stalled = true;
		mine.stoppedNs = world.r.nowNs;
	});
}

function unstall(world: World, host: number): void {
	if (rackOf(world).poolLost) return;
	world.r.vms.forEach((vm, index) => {
		const mine = rackVmOf(world, index);
		if (!mine.stalled || !runsOn(vm, host) || vm.vcpuState !== 'stopped' || !hostsOf(vm).every((each) => reachesPool(world, each))) return;
		mine.stalled = false;
		// A host that fenced itself asks its owner word first: with the next beat.
		if (hostsOf(vm).some((each) => peerOf(world, each).selfFenced || world.r.hosts[each]?.power !== 'up')) {
			mine.held = true;
			return;
		}
		vm.vcpuState = 'running';
		refreshSpeed(world, vm);
	});
}
