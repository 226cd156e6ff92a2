import { mix32 } from '../base/hash.ts';
import { BLOCK_BYTES, PAGE_BYTES } from '../base/units.ts';
import type { MigrationParameters } from '../engine/contract/commands.ts';
import type { Scenario } from '../engine/contract/scenario/schema.ts';
import type { Lesson } from './load.ts';
import { livingAs, readChecked, startScenario, withOrder } from './scenario.ts';
import type { Choice, GuestFamily, Setting } from './schema.ts';

/** The challenge as a seeded family: a seed draws three guests and their limits; the key is what the engine says. */

export interface Guest {
	readonly family: GuestFamily;
	readonly bytes: number;
	readonly rateBytesPerSecond: number;
	readonly workingSetBytes: number;
	readonly heldGfn: number | null;
	readonly limits: Readonly<Record<string, number>>;
}

export interface Draw {
	readonly seed: number;
	readonly wireBytesPerSecond: number;
	readonly guests: readonly Guest[];
}

/** Lower than 2^32; what people can read out loud stays below a million. */
export const SEED_LIMIT = 1_000_000;

export function readSeed(text: string | null): number | null {
	if (text === null || !/^[0-9]{1,6}$/.test(text)) return null;
	return Number(text);
}

/** Another seed from this one, the same every time: no clock, no chance. */
export const nextSeed = (seed: number): number => mix32(seed, 0x5eed, 1) % SEED_LIMIT;

export function drawGuests(lesson: Lesson, seed: number): Draw {
	const challenge = lesson.steps.challenge;
	let drawn = 0;
	const pick = <T>(list: readonly T[]): T => {
		drawn += 1;
		return list[mix32(seed, drawn, 0xc0ffee) % list.length] as T;
	};
	const wireBytesPerSecond = pick(challenge.wireBytesPerSecond);
	const guests = challenge.guests.map((family): Guest => {
		const bytes = pick(family.bytes);
		const heldAt = family.heldAtPercent === null ? null : pick(family.heldAtPercent);
		return {
			family,
			bytes,
			rateBytesPerSecond: pick(family.rateBytesPerSecond),
			workingSetBytes: pick(family.workingSetBytes),
			heldGfn:
				heldAt === null
					? null
					: (Math.floor((bytes / BLOCK_BYTES) * (heldAt / 100)) * BLOCK_BYTES) / PAGE_BYTES,
			limits: { downtime: challenge.downtimeNs, 'lost-work': pick(family.lostWorkNs) }
		};
	});
	// Fisher-Yates: who comes first is part of the seed.
	for (let index = guests.length - 1; index > 0; index -= 1) {
		drawn += 1;
		const other = mix32(seed, drawn, 0xc0ffee) % (index + 1);
		[guests[index], guests[other]] = [guests[other] as Guest, guests[index] as Guest];
	}
	return { seed, wireBytesPerSecond, guests };
}

export function settingsOf(lesson: Lesson, laneId: string): readonly Setting[] {
	return lesson.steps.challenge.settings.filter((setting) => setting.lane === laneId);
}

/** A mover as it comes, every setting untouched. */
export function untouchedChoice(lesson: Lesson, laneId: string): Choice {
	return {
		lane: laneId,
		settings: Object.fromEntries(
			settingsOf(lesson, laneId).map((setting) => [
				setting.id,
				(setting.options[0] as { id: string }).id
			])
		)
	};
}

/** What a choice asks of the mover: the lesson's own parameters with the chosen settings over them. */
export function parametersOf(lesson: Lesson, choice: Choice): MigrationParameters {
	const chosen = settingsOf(lesson, choice.lane).map((setting) => {
		const option =
			setting.options.find((each) => each.id === choice.settings[setting.id]) ?? setting.options[0];
		return option?.parameters ?? {};
	});
	return Object.assign({}, lesson.start.parameters[choice.lane], ...chosen) as MigrationParameters;
}

/** One guest alone on host A, ordered to B by the choice; with no choice nothing is ordered. */
export function guestScenario(
	lesson: Lesson,
	draw: Draw,
	guest: Guest,
	choice: Choice | null
): Scenario {
	const base = startScenario(lesson);
	const first = base.vms[0];
	const scenario = readChecked({
		...base,
		title: `${guest.family.name}, seed ${draw.seed}`,
		about: '',
		seed: draw.seed,
		networkBytesPerSecond: draw.wireBytesPerSecond,
		untilNs: lesson.steps.challenge.untilNs,
		journal: [],
		vms: [
			{
				id: first?.id,
				host: first?.host,
				vcpus: first?.vcpus,
				bytes: guest.bytes,
				pages: guest.family.pages,
				workload: {
					kind: guest.family.kind,
					rateBytesPerSecond: guest.rateBytesPerSecond,
					workingSetBytes: guest.workingSetBytes
				},
				pins: guest.heldGfn === null ? [] : [{ gfn: guest.heldGfn, term: 'long' }]
			}
		]
	});
	if (choice === null) return scenario;
	const lane = lesson.steps.lanes.find((each) => each.id === choice.lane);
	if (lane === undefined) throw new Error(`lesson ${lesson.id} has no lane "${choice.lane}"`);
	return withOrder(livingAs(scenario, lane.ways), lane.strategy, parametersOf(lesson, choice));
}
