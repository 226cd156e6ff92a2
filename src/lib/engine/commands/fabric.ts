import { ok, refused, type Outcome } from '../../base/outcome.ts';
import type { FabricActor, FabricCommand } from '../contract/fabric-commands.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { MEMORY_WORDS } from '../fabric/coherence/words.ts';
import { HOST_ADDRESS_WORDS } from '../fabric/address/words-host.ts';
import { ADDRESS_BUILD_WORDS } from '../fabric/address/words-build.ts';
import { GFD_WORDS } from '../fabric/gfd/words.ts';
import { FM_WORDS } from '../fabric/dcd/fm-words.ts';
import { GFD_WORDS as GFD_CAPACITY_WORDS } from '../fabric/dcd/gfd-words.ts';
import { HOST_WORDS } from '../fabric/dcd/host-words.ts';
import { ANSWER_WORDS } from '../fabric/hosts/words.ts';
import { DEVICE_FAULTS } from '../fabric/faults/devices.ts';
import { HOST_FAULTS } from '../fabric/faults/hosts.ts';
import { LINK_FAULTS } from '../fabric/faults/links.ts';
import type { FabricWord } from '../fabric/outcome.ts';
import { BUILD_WORDS } from '../fabric/switch/words-build.ts';
import { DEVICE_WORDS } from '../fabric/switch/words-device.ts';
import { PBR_WORDS } from '../fabric/switch/words-pbr.ts';
import { SWITCH_WORDS } from '../fabric/switch/words-switch.ts';
import { stir } from '../orchestrator/stir.ts';
import { DAX_WORDS, ORCHESTRATOR_WORDS } from '../orchestrator/words.ts';
import { HOST_TOOL_WORDS } from '../orchestrator/tools/shell.ts';
import { emit } from '../sim/trace.ts';
import type { World } from '../state/world.ts';
import { tunnelWord } from './fabric-tunnel.ts';

const TUNNEL_WORDS: Readonly<Record<string, FabricWord>> = { 'tunnel-management-command': tunnelWord(() => [FM_WORDS, DEVICE_WORDS]) };
/** Tables set by hand are the fabric manager's commands under short names. */
const TABLE_BUILD_WORDS: Readonly<Record<string, FabricWord>> = {
	'set-gdt': GFD_WORDS['set-gdt-configuration'] as FabricWord,
	'set-sat': GFD_WORDS['set-sat-entry'] as FabricWord,
	'set-fast': PBR_WORDS['set-fast-segment-entries'] as FabricWord,
	'set-idt': PBR_WORDS['set-idt-dpid-entries'] as FabricWord
};

/** Who understands which words. Each part of the fabric brings its own table. */
export const FABRIC_TABLES: Readonly<Record<FabricActor, readonly Readonly<Record<string, FabricWord>>[]>> = {
	fm: [FM_WORDS, GFD_CAPACITY_WORDS, SWITCH_WORDS, DEVICE_WORDS, GFD_WORDS, PBR_WORDS, TUNNEL_WORDS],
	host: [HOST_WORDS, ANSWER_WORDS, MEMORY_WORDS, DAX_WORDS, HOST_ADDRESS_WORDS, HOST_TOOL_WORDS],
	orchestrator: [ORCHESTRATOR_WORDS],
	fault: [LINK_FAULTS, HOST_FAULTS, DEVICE_FAULTS],
	build: [BUILD_WORDS, ADDRESS_BUILD_WORDS, TABLE_BUILD_WORDS]
};

/** One command of the fabric. A refusal of a device is an answer with its return code, and a refusal here too. */
export function executeFabric(
	world: World,
	command: FabricCommand
): Outcome<{ readonly operation: number | null; readonly output?: unknown }, ReasonId> {
	const word = FABRIC_TABLES[command.actor]
		.map((table) => (Object.hasOwn(table, command.execute) ? table[command.execute] : undefined))
		.find(Boolean);
	if (!word) {
		const known = FABRIC_TABLES[command.actor].flatMap((table) => Object.keys(table));
		return refused('bad-command', `${command.actor} knows no "${command.execute}"; it knows ${known.join(', ')}`);
	}
	const cause = emit(world, {
		kind: 'command',
		rule: 'command',
		cause: null,
		vm: null,
		values: { name: 'fabric', actor: command.actor, at: command.at, execute: command.execute, outcome: 'accepted' },
		text: `${command.actor} at ${command.at}: ${command.execute}`
	});
	if (command.actor === 'fm' && world.r.fabric.managerDown) return refused('fabric-refuses', 'the fabric manager is down');
	const outcome = word(world, command.at, command.arguments ?? {}, cause);
	stir(world, cause);
	return outcome.ok ? ok({ operation: null, output: outcome.output }) : refused('fabric-refuses', outcome.says);
}
