import { formatNs, formatNumber } from '../../base/format.ts';
import type { RackHostStatus, RackStatus } from '../../engine/contract/rack/status.ts';
import type { WorldStatus } from '../../engine/contract/status.ts';
import { placesOf } from './rack-scene.ts';

/** A rack in sentences: for whoever does not see it, and above it. */

const LINK_WORDS = (host: RackHostStatus): string =>
	[host.cxlCut ? 'without its CXL link' : '', host.networkCut ? 'without the network' : '']
		.filter(Boolean)
		.join(', ');

export function hostWords(host: RackHostStatus): string {
	const power =
		host.power === 'down'
			? host.away
				? 'is switched off'
				: 'is dead'
			: host.power === 'paused'
				? 'stands still'
				: 'is up';
	const beat =
		host.beats > 0
			? `, ${formatNumber(host.beats)} beat${host.beats === 1 ? '' : 's'}, the last at ${formatNs(host.lastBeatNs)}`
			: '';
	const suspect = host.suspectedBy === null ? '' : `, taken for dead by ${host.suspectedBy}`;
	const fence =
		host.fencedIncarnation > 0 ? `, fenced as incarnation ${host.fencedIncarnation}` : '';
	const links = LINK_WORDS(host);
	return `Host ${host.id} ${power}, incarnation ${host.incarnation}${links ? `, ${links}` : ''}${beat}${suspect}${fence}.`;
}

export function rackWords(status: WorldStatus, rack: RackStatus): string {
	const vms = status.vms.map((vm, index) => {
		const zombie = rack.vms[index]?.zombieOn;
		return `${vm.id} ${vm.vcpuState === 'lost' ? 'is lost' : vm.vcpuState === 'running' ? `runs on ${placesOf(vm)}` : `is ${vm.vcpuState} on ${placesOf(vm)}`}${zombie ? `, and its old incarnation acts on ${zombie}` : ''}.`;
	});
	return [
		...rack.hosts.map(hostWords),
		...vms,
		rack.pool === 'lost' ? 'The pool has failed.' : '',
		rack.switchCut ? 'The switch is down.' : ''
	].join(' ');
}

/** What matters most now, in one sentence. */
export function rackSentence(status: WorldStatus, rack: RackStatus): string {
	const zombie = rack.vms.find((vm) => vm.zombieOn !== null);
	if (zombie) return `Two incarnations of ${zombie.id} run: the old one is on ${zombie.zombieOn}`;
	if (rack.switchCut) {
		const waiting = rack.vms.filter((vm) => vm.stalled).length;
		return `The switch is down: no host reaches the pool, ${waiting === 0 ? 'no VM' : `${waiting} VM${waiting === 1 ? '' : 's'}`} wait${waiting === 1 ? 's' : ''} for ${waiting === 1 ? 'its' : 'their'} pages`;
	}
	const lost = status.vms.filter((vm) => vm.vcpuState === 'lost').length;
	if (lost > 0)
		return status.vms.length === 1
			? `${status.vms[0]?.id} runs nowhere now`
			: `${lost} of ${status.vms.length} VMs ${lost === 1 ? 'runs' : 'run'} nowhere now`;
	const back = rack.losses.filter((loss) => loss.backNs !== null).at(-1);
	if (back)
		return `${back.vm} is back on ${back.backOn} after ${formatNs((back.backNs ?? 0) - back.sinceNs)}, ${back.how === 'cold-boot' ? 'booted anew' : 'from its registers in the super-page'}`;
	const away = rack.hosts.filter((host) => host.power !== 'up').length;
	const vms =
		status.vms.length === 1 ? `${status.vms[0]?.id} runs` : `${status.vms.length} VMs run`;
	return away === 0
		? `All ${rack.hosts.length} hosts are up, ${vms}`
		: `${vms}, ${away} of ${rack.hosts.length} hosts ${away === 1 ? 'is' : 'are'} away`;
}
