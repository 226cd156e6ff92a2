import type { SwitchRecord } from '../../state/fabric-records.ts';
import type { World } from '../../state/world.ts';
import { anyDown, downAmong } from './links.ts';

/**
 * The way of a message through PBR switches by the PID it names: the fewest switches over links that are up, lowest port
 * first. What the DRT of each switch says is worked out from this (CXL 4.0 7.7; our simplification: the fabric manager
 * programs shortest ways at once).
 */
const FABRIC_PORT = 5;

export interface PbrWay {
	/** Switches in order with the port by which each is left. */
	readonly hops: readonly { readonly id: string; readonly outPort: number }[];
	/** Why there is none. */
	readonly lost: string | null;
}

export function pbrWay(world: World, from: SwitchRecord, pid: number): PbrWay {
	interface Reached {
		readonly at: SwitchRecord;
		readonly hops: readonly { readonly id: string; readonly outPort: number }[];
	}
	if (!anyDown(world)) {
		const outPort = from.ports.findIndex((port) => port.pid === pid && port.state === FABRIC_PORT && port.partner?.kind === 'device');
		if (outPort >= 0) return { hops: [{ id: from.id, outPort }], lost: null };
	}
	const queue: Reached[] = [{ at: from, hops: [] }];
	const seen = new Set([from.id]);
	let lost: string | null = null;
	for (let next = queue.shift(); next; next = queue.shift()) {
		const { at, hops } = next;
		if (downAmong(world, [at.id]) !== null) {
			lost = `switch ${at.id} does not answer`;
			continue;
		}
		for (const [index, port] of at.ports.entries()) {
			if (!port.partner || port.state !== FABRIC_PORT) continue;
			const way = [...hops, { id: at.id, outPort: index }];
			const broken = downAmong(world, [`${at.id}:${index}`, ...(port.partner.kind === 'device' ? [port.partner.id] : [])]);
			if (port.pid === pid && port.partner.kind === 'device') {
				if (broken === null) return { hops: way, lost: null };
				lost = `the link ${broken} is down`;
			} else if (port.partner.kind === 'switch' && broken === null) {
				const other = world.r.fabric.switches.find((one) => one.id === port.partner?.id);
				const back = other?.ports.findIndex((one) => one.partner?.kind === 'switch' && one.partner.id === at.id) ?? -1;
				if (!other || seen.has(other.id) || downAmong(world, [`${other.id}:${back}`]) !== null) continue;
				seen.add(other.id);
				queue.push({ at: other, hops: way });
			} else if (broken !== null) lost ??= `the link ${broken} is down`;
		}
	}
	return { hops: [], lost: lost ?? `no port carries PID 0x${pid.toString(16)}` };
}
