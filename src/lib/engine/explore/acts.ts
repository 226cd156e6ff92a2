import type { Command, JournalEntry, MigrateCommand } from '../contract/commands.ts';
import type { Vary } from '../contract/explore/words.ts';
import type { StrategyId } from '../contract/migration/strategies.ts';
import type { World } from '../state/world.ts';
import { act, idOf, type Act } from './act.ts';
import { sentenceOf, shortOf } from './act-words.ts';
import { rackActs } from './rack.ts';

const DIMM = '1 GiB';
/** A pin that holds a page long enough to meet any move, and on whose page: the first. */
const PIN_GFN = 0;

/** Commands of the run after a moment: the first 30 that differ. */
export function yourActs(later: readonly JournalEntry[]): Act[] {
	const acts: Act[] = [];
	for (const { command } of later) {
		if (acts.length === 30 || acts.some((known) => known.words.id === idOf(command))) continue;
		acts.push(act('yours', shortOf(command), `your command: ${sentenceOf(command)}`, command, 1 << acts.length));
	}
	return acts;
}

/** Everything that may be chosen in a world, in a fixed order; of two with the same command the first stays. */
export function actsOf(world: World, vary: readonly Vary[], yours: readonly Act[]): Act[] {
	const menu = [...moves(world, yours), ...faults(world), ...rackActs(world), ...workloads(world)].filter((one) =>
		vary.includes(one.words.kind as Vary)
	);
	const known = new Set(menu.map((one) => one.words.id));
	return [...(vary.includes('yours') ? yours.filter((one) => !known.has(one.words.id)) : []), ...menu];
}

/** Each VM to each other host, the ways that the run itself uses; where it moves nothing, through the pool, or by copy without one. */
function moves(world: World, yours: readonly Act[]): Act[] {
	const usual: StrategyId = world.r.memories.some((memory) => memory.kind === 'pool') ? 'transit' : 'precopy';
	const given = [...yours.map((one) => one.command), ...world.journal.map((entry) => entry.command)].filter(
		(command): command is MigrateCommand => command.name === 'migrate'
	);
	return world.r.vms.flatMap((vm) => {
		const mine = given.filter((command) => command.vm === vm.id);
		const ways = new Map<StrategyId, MigrateCommand | null>(mine.map((command) => [command.strategy, command]));
		if (ways.size === 0) ways.set(given[0]?.strategy ?? usual, given[0] ?? null);
		return world.r.hosts.flatMap((host) =>
			[...ways].map(([strategy, like]) => {
				const command: Command = {
					name: 'migrate',
					vm: vm.id,
					target: host.id,
					strategy,
					...(like?.parameters ? { parameters: like.parameters } : {})
				};
				return act('moves', `${vm.id} → ${host.id}`, sentenceOf(command), command);
			})
		);
	});
}

function faults(world: World): Act[] {
	const { r } = world;
	const found: Act[] = [];
	for (const [index, vm] of r.vms.entries()) {
		found.push(act('faults', 'cancel', `the migration of ${vm.id} is cancelled`, { name: 'migrate-cancel', vm: vm.id }));
		if (r.vdpa.guests.some((guest) => guest.vm === index)) found.push(...deviceFaults(vm.id));
		// A pin meets moves that take pages along; a copy reads past it.
		if (!r.memories.some((memory) => memory.kind === 'pool')) continue;
		const pinned = r.pins.some((pin) => pin.vm === index && pin.gfn === PIN_GFN);
		found.push(
			pinned
				? act('faults', 'unpin', `gfn ${PIN_GFN} of ${vm.id} is let go`, { name: 'unpin', vm: vm.id, gfn: PIN_GFN })
				: act('faults', 'pin', `a long-term pin holds gfn ${PIN_GFN} of ${vm.id}`, { name: 'pin', vm: vm.id, gfn: PIN_GFN, term: 'long' })
		);
	}
	for (const peer of r.fabric.peers) {
		const of = (execute: string, short: string, says: string): Act =>
			act('faults', `${short} ${peer.id}`, `host ${peer.id} ${says}`, { name: 'fabric', actor: 'fault', at: peer.id, execute });
		found.push(of('crash-host', 'crash', 'crashes'), of('reboot-host', 'reboot', 'reboots'));
		found.push(of('silence-host', 'silence', 'does not answer'), of('wake-host', 'wake', 'answers again'));
	}
	return found;
}

function deviceFaults(vm: string): Act[] {
	const bytes = DIMM;
	return [
		act('faults', 'hot-plug', `a DIMM of ${bytes} is plugged into ${vm}`, {
			name: 'vdpa',
			vm,
			execute: 'plug-dimm',
			arguments: { bytes }
		}),
		act('faults', 'unplug', `the last DIMM of ${vm} is taken out`, { name: 'vdpa', vm, execute: 'unplug-dimm' }),
		act('faults', 'fail', `the target of ${vm} goes away`, { name: 'vdpa', vm, execute: 'fail-migration' })
	];
}

function workloads(world: World): Act[] {
	return world.r.vms.flatMap((vm) =>
		(['idle', 'web', 'memory-muncher'] as const)
			.filter((kind) => kind !== vm.workload.kind)
			.map((kind) =>
				act('workload', `${vm.id} ${kind}`, `${vm.id} turns to ${kind}`, { name: 'set-workload', vm: vm.id, workload: { kind } })
			)
	);
}
