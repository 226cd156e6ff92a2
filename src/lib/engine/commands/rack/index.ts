import { refused, type Outcome } from '../../../base/outcome.ts';
import type { RackCommand } from '../../contract/rack/commands.ts';
import type { RackWord } from '../../contract/rack/words.ts';
import type { ReasonId } from '../../contract/reasons.ts';
import { emit } from '../../sim/trace.ts';
import type { World } from '../../state/world.ts';
import { FUTURES } from './futures.ts';
import { HOSTS } from './hosts.ts';
import { PAGES } from './pages.ts';
import { STREAMS } from './stream.ts';
import type { RackSubject, RackWordRun } from './word.ts';

/** Words for hosts, pool, pages and futures of a world with VMs (contract/rack/commands.ts); one file per thing they concern. */
const WORDS: Readonly<Record<RackWord, RackWordRun>> = { ...HOSTS, ...STREAMS, ...PAGES, ...FUTURES };

export function executeRack(world: World, command: RackCommand): Outcome<{ readonly operation: number | null }, ReasonId> {
	const subject = subjectOf(world, command);
	if (!subject.ok) return subject;
	const said = WORDS[command.execute](world, subject.value, command.arguments ?? {});
	if (!said.ok) return said;
	emit(world, {
		kind: 'command',
		rule: 'command',
		cause: null,
		host: command.host ?? null,
		vm: command.vm ?? null,
		values: { name: command.name, execute: command.execute, outcome: 'accepted' },
		text: said.value
	});
	return { ok: true, value: { operation: null } };
}

function subjectOf(world: World, command: RackCommand): Outcome<RackSubject, 'unknown-host' | 'unknown-vm'> {
	const host = command.host === undefined ? -1 : world.r.hosts.findIndex((record) => record.id === command.host);
	if (command.host !== undefined && host < 0) return refused('unknown-host', `no host is called "${command.host}"`);
	const vm = command.vm === undefined ? -1 : world.r.vms.findIndex((record) => record.id === command.vm);
	if (command.vm !== undefined && vm < 0) return refused('unknown-vm', `no VM is called "${command.vm}"`);
	return { ok: true, value: { host, vm } };
}
