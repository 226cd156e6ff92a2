import { OwnerState } from '../contract/words.ts';
import { hostsOf } from '../rack/hosts.ts';
import type { World } from '../state/world.ts';
import { ownerOf } from '../superpage/words.ts';

/** Statements about hosts that fail and about who runs what afterwards (cxl-fabric reference 10.5). */

/** An incarnation that was left behind acts beside the new one only where the scenario chose fencing that lets it, and is marked. */
export function noSecondRunner(world: World): string | null {
	for (const [index, mine] of (world.r.rack?.vms ?? []).entries()) {
		const vm = world.r.vms[index];
		if (!vm || !mine.zombie?.acts || mine.zombie.openly || vm.vcpuState !== 'running') continue;
		return `${vm.id} runs twice: its old incarnation on ${world.r.hosts[mine.zombie.host]?.id ?? ''} was not stopped`;
	}
	return null;
}

/** What a recoverer took has another token than what its old host remembers, and a fenced incarnation owns nothing. */
export function fencedNeverWins(world: World): string | null {
	const { rack } = world.r;
	if (!rack || rack.poolLost || !world.scenario.pool) return null;
	for (const loss of rack.losses) {
		if (loss.backNs < 0 || loss.why === 'pool') continue;
		const { token } = ownerOf(world, loss.vm);
		if (token <= loss.tokenAtLoss)
			return `${world.r.vms[loss.vm]?.id ?? ''} came back with token ${token}, its old host remembers ${loss.tokenAtLoss}`;
	}
	for (const [index, vm] of world.r.vms.entries()) {
		const owner = ownerOf(world, index);
		const peer = rack.peers[owner.owner];
		const done = rack.recoveries.some(
			(each) => each.victim === owner.owner && each.step === 'done' && each.incarnation >= owner.incarnation
		);
		if (done && peer && owner.incarnation <= peer.fencedIncarnation && owner.state !== OwnerState.orphan && vm.vcpuState === 'running')
			return `${vm.id} is owned by incarnation ${owner.incarnation} of ${world.r.hosts[owner.owner]?.id ?? ''}, which is fenced`;
	}
	return null;
}

/** A VM runs on a host that is up, or its loss is on the list. */
export function vmsAccountedFor(world: World): string | null {
	for (const [index, vm] of world.r.vms.entries()) {
		const away = hostsOf(vm).find((host) => world.r.hosts[host]?.power !== 'up');
		if (vm.vcpuState === 'running' && away !== undefined)
			return `${vm.id} runs on ${world.r.hosts[away]?.id ?? ''}, which is ${world.r.hosts[away]?.power ?? 'nowhere'}`;
		if (vm.vcpuState !== 'lost') continue;
		const listed = world.r.rack?.losses.some((loss) => loss.vm === index && loss.backNs < 0) ?? false;
		if (!listed) return `${vm.id} is gone, and nothing says what was lost with it`;
	}
	return null;
}
