import { formatAddress } from '../../../base/address.ts';
import type { TranslationAnswer } from '../../contract/fabric-status.ts';
import type { World } from '../../state/world.ts';
import { readLatencyNs } from '../switch/latency.ts';
import { resolve } from './resolve.ts';
import type { LadderStep } from './resolved.ts';
import { effectOf } from './what-happens.ts';
import { masksInUse } from './window.ts';

/** One address through all of its translations, in words for the page: the ladder of the decoders' view. */
export function translate(world: World, host: string, hpa: number): TranslationAnswer {
	const steps: LadderStep[] = [];
	const way = resolve(world, host, hpa, steps);
	const load = effectOf(world, host, way, 'load');
	const store = effectOf(world, host, way, 'store');
	const device = world.r.fabric.devices[way.device] ?? null;
	if (way.ok)
		steps.push(
			load.media < 0
				? { at: 'media', title: 'Not assigned', says: `Nothing is assigned to ${host} there.`, value: null, rule: load.rule }
				: {
						at: 'media',
						title: 'Media',
						says: `Media address ${formatAddress(load.media)} of ${device?.id ?? ''}.`,
						value: load.media,
						rule: load.rule
					}
		);
	else if (way.at !== 'no-access')
		steps.push({ at: 'end', title: 'The way ends', says: `${capital(way.says)}.`, value: null, rule: load.rule });
	const { window } = way;
	return {
		host,
		hpa,
		steps,
		window: window && {
			baseHpa: window.baseHpa,
			bytes: window.bytes,
			ways: window.targets.length,
			granularity: window.granularity,
			arithmetic: window.arithmetic,
			xorMasks: masksInUse(window, window.bridges.length),
			targets: window.targets,
			...roundsOf(hpa, { ...window, ways: window.targets.length }, (at) => resolve(world, host, at).way)
		},
		way: way.way < 0 ? null : way.way,
		device: device?.id ?? null,
		ld: way.ld < 0 ? null : way.ld,
		offset: way.offset < 0 ? null : way.offset,
		dpa: way.dpa < 0 ? null : way.dpa,
		media: load.media < 0 ? null : load.media,
		switches: way.switches,
		readLatencyNs: way.ok && load.media >= 0 && device ? readLatencyNs(world, device, way.switches.length) : null,
		miss: way.ok ? (load.media < 0 ? 'not-assigned' : null) : way.at,
		load: load.says,
		store: store.says,
		ok: way.ok && load.media >= 0
	};
}

/** Which target each stripe belongs to: one round from the base, two from the round of an address on. */
export function roundsOf(
	hpa: number,
	window: { readonly baseHpa: number; readonly bytes: number; readonly ways: number; readonly granularity: number },
	wayAt: (hpa: number) => number
): { firstRound: number[]; thisRound: number[] } {
	const { baseHpa, bytes, ways, granularity } = window;
	const round = ways * granularity;
	const stripesFrom = (offset: number, rounds: number): number[] =>
		Array.from({ length: ways * rounds }, (_, at) => offset + at * granularity)
			.filter((each) => each < bytes)
			.map((each) => wayAt(baseHpa + each));
	return { firstRound: stripesFrom(0, 1), thisRound: stripesFrom(Math.floor((hpa - baseHpa) / round) * round, 2) };
}

function capital(words: string): string {
	return words.charAt(0).toUpperCase() + words.slice(1);
}
