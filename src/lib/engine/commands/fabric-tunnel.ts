import type { QmpArguments } from '../contract/machine-commands.ts';
import type { FabricWord } from '../fabric/outcome.ts';
import { answered, failed, refusedHere, textOf, wholeOf } from '../fabric/switch/asked.ts';

/**
 * 5300h Tunnel Management Command: a switch hands a command on to the FM-owned logical device of an MLD at one of its ports
 * (CXL 3.2 7.6.7.3.1). What the device answers comes back as it is.
 */
export function tunnelWord(tables: () => readonly Readonly<Record<string, FabricWord>>[]): FabricWord {
	return (world, at, parameters, cause) => {
		const one = world.r.fabric.switches.find((candidate) => candidate.id === at);
		if (!one) return refusedHere(`there is no switch "${at}"`);
		const port = wholeOf(parameters, 'port-id', 0, 255);
		const partner = port === null ? undefined : one.ports[port]?.partner;
		const device = world.r.fabric.devices.find((candidate) => candidate.id === partner?.id);
		if (!device || device.kind !== 'mld') return failed('invalidInput', `port-id names a port of ${at} with an MLD`);
		const command = textOf(parameters, 'command');
		if (command === null) return failed('invalidInput', 'command names what is to be tunnelled');
		const word = tables()
			.map((table) => (Object.hasOwn(table, command) ? table[command] : undefined))
			.find(Boolean);
		if (!word) return failed('unsupported', `${device.id} knows no "${command}"`);
		const inner = parameters['arguments'];
		const isRecord = typeof inner === 'object' && inner !== null && !Array.isArray(inner);
		const outcome = word(world, device.id, (isRecord ? inner : {}) as QmpArguments, cause);
		return outcome.ok ? answered(`${device.id} through port ${port ?? 0} of ${at}: ${outcome.says}`, outcome.output ?? {}) : outcome;
	};
}
