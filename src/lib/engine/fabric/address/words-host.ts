import { formatAddress } from '../../../base/address.ts';
import { costNs } from '../../costs/cost-model.ts';
import { emit } from '../../sim/trace.ts';
import { notify, Notice, Trigger } from '../gfd/notify.ts';
import type { FabricWord } from '../outcome.ts';
import { answered, refusedHere, wholeOf } from '../switch/asked.ts';
import { countLine } from '../traffic/lines.ts';
import { resolve } from './resolve.ts';
import type { Miss } from './resolved.ts';
import { effectOf } from './what-happens.ts';
import { edgeOf } from './resolve-gfd.ts';

/** A host tries an address with a load or a store; a G-FAM device that denies it tells the host by a notification. */
const TRIGGER: Readonly<Partial<Record<Miss, number>>> = {
	'no-gdt': Trigger.noDecoder,
	'many-gdt': Trigger.noDecoder,
	'no-group': Trigger.noGroup,
	'no-access': Trigger.accessDenied
};

const access: FabricWord = (world, at, parameters, cause) => {
	const peer = world.r.fabric.peers.find((one) => one.id === at);
	const hpa = wholeOf(parameters, 'hpa', 0, 2 ** 52 - 1);
	if (!peer) return refusedHere(`there is no host "${at}"`);
	if (hpa === null) return refusedHere('hpa is an address below 2^52');
	const direction = parameters['store'] === true ? 'store' : 'load';
	const way = resolve(world, at, hpa);
	const effect = effectOf(world, at, way, direction);
	const text = `${at}: ${direction} at ${formatAddress(hpa)}: ${effect.says}`;
	const seq = emit(world, {
		kind: 'fabric',
		rule: effect.rule,
		cause,
		host: at,
		vm: null,
		values: { hpa, direction, outcome: effect.kind },
		text
	});
	const trigger = way.ok ? undefined : TRIGGER[way.at];
	const device = world.r.fabric.devices[way.device];
	if (way.ok) countLine(world, at, way.device, direction === 'store' ? 'write' : 'read');
	if (trigger !== undefined && device)
		notify(
			world,
			device,
			edgeOf(world, at)?.edge.pid ?? peer.pid,
			Notice.accessError,
			`access error at ${formatAddress(hpa)}, trigger ${trigger.toString(2).padStart(4, '0')}₂`,
			seq,
			costNs(world.costs, 'dcdEventIrqUs')
		);
	return answered(text, { kind: effect.kind, says: effect.says, device: device?.id ?? null, dpa: way.dpa < 0 ? null : way.dpa });
};

export const HOST_ADDRESS_WORDS: Readonly<Record<string, FabricWord>> = { access };
