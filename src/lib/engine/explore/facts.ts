import { formatAddress } from '../../base/address.ts';
import { formatBytesBinary, formatNumber } from '../../base/format.ts';
import type { Fact } from '../contract/explore/request.ts';
import { unpackOwner, OwnerState } from '../contract/words.ts';
import { wordIndex } from '../contract/superpage.ts';
import { bytesLeft } from '../queries/left.ts';
import { wrongDma } from '../queries/vdpa-quantities.ts';
import type { NicRecord } from '../state/vdpa-records.ts';
import type { World } from '../state/world.ts';
import { rackFacts } from './rack.ts';

/** A state in a few lines: what differs from one to the next is found by comparing them. */
export function factsOf(world: World): Fact[] {
	return [
		...hostFacts(world),
		...vmFacts(world),
		...rackFacts(world),
		...nicFacts(world),
		...fabricFacts(world),
		...machineFacts(world),
		...lossFacts(world)
	];
}

const fact = (label: string, value: string | number): Fact => ({ label, value: typeof value === 'number' ? formatNumber(value) : value });

function hostFacts({ r }: World): Fact[] {
	return r.hosts.filter((host) => host.power !== 'up' || host.incarnation > 1).map((host) => fact(`host ${host.id}`, host.power));
}

const OWNER_STATE: Readonly<Record<number, string>> = Object.fromEntries(Object.entries(OwnerState).map(([name, value]) => [value, name]));

function vmFacts(world: World): Fact[] {
	const { r, c } = world;
	return r.vms.flatMap((vm, index) => {
		const host = r.hosts[vm.instances[vm.running] as number]?.id ?? 'no host';
		const facts = [fact(`${vm.id} runs`, vm.vcpuState === 'running' ? `on ${host}` : `nowhere: ${vm.vcpuState}`)];
		const operation = r.operations.filter((one) => one.vm === index).at(-1);
		if (operation?.state === 'running') {
			facts.push(fact(`${vm.id} moves`, `to ${r.hosts[operation.target]?.id ?? ''}: ${operation.phase}`));
			facts.push(fact(`left of ${vm.id}`, formatBytesBinary(bytesLeft(world, index))));
			if (operation.actors) facts.push(fact('next steps', `${operation.actors.source.step}, ${operation.actors.target.step}`));
		} else if (operation) facts.push(fact(`last move of ${vm.id}`, operation.state));
		const pool = r.memories.findIndex((memory) => memory.kind === 'pool');
		if (pool >= 0) {
			const owner = unpackOwner(c.superpageWord.get(wordIndex('owner', index)));
			facts.push(fact(`owner of ${vm.id}`, `${r.hosts[owner.owner]?.id ?? 'nobody'}, ${OWNER_STATE[owner.state] ?? ''}`));
			facts.push(fact(`pages of ${vm.id} in the pool`, vm.pagesByMemory[pool] ?? 0));
		}
		const pins = r.pins.filter((pin) => pin.vm === index && pin.term === 'long').length;
		if (pins > 0) facts.push(fact(`pins of ${vm.id}`, pins));
		return facts;
	});
}

function nicFacts(world: World): Fact[] {
	const { r } = world;
	const facts = r.vdpa.nics.flatMap((nic) => {
		const end = nic.ends[(r.vms[nic.vm]?.running ?? 0) as 0 | 1];
		if (!end) return [fact(nic.id, 'closed')];
		const entries = end.kernel.spaces.flatMap((space) => space.entries);
		return [
			fact(`${nic.id} queues`, nic.change ? `changing: ${nic.change.status.kind}` : end.svq ? 'shadow' : 'the guest’s own'),
			fact(`map entries of ${nic.id}`, entries.length),
			fact(
				`pages pinned by ${nic.id}`,
				entries.reduce((sum, entry) => sum + entry.pinnedPages, 0)
			),
			...dimmFacts(world, nic)
		];
	});
	if (facts.length > 0) facts.push(fact('wrong maps', wrongDma(world)));
	return facts;
}

/** Where each DIMM is mapped against where the guest has it. */
function dimmFacts({ r }: World, nic: NicRecord): Fact[] {
	const guest = r.vdpa.guests.find((one) => one.vm === nic.vm);
	const end = nic.ends[(r.vms[nic.vm]?.running ?? 0) as 0 | 1];
	if (!guest || !end) return [];
	return guest.sections
		.filter((section) => section.kind === 'dimm')
		.map((section) => {
			const entry = end.kernel.spaces.flatMap((space) => space.entries).find((one) => one.uaddr === section.hva[end.instance]);
			if (!entry) return fact(`${section.id} at`, 'no device address');
			const shift = entry.iova - section.gpa;
			return fact(`${section.id} at`, shift === 0 ? 'IOVA = GPA' : `IOVA = GPA + ${formatAddress(shift)}`);
		});
}

function fabricFacts({ r }: World): Fact[] {
	return r.fabric.peers.flatMap((peer) => {
		const held = peer.dax.length;
		return [fact(`host ${peer.id}`, peer.state), fact(`DAX devices of ${peer.id}`, held)];
	});
}

function machineFacts({ r }: World): Fact[] {
	return r.oses.flatMap((os) => [
		fact(`machine ${os.id}`, os.state),
		fact(`processes of ${os.id}`, r.processes.filter((process) => r.oses[process.os] === os && process.state === 'running').length)
	]);
}

function lossFacts({ r }: World): Fact[] {
	return r.marks.map((mark) => fact('marked', mark));
}
