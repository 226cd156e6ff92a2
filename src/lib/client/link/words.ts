import { formatBytesBinary, formatNs, formatNumber } from '../../base/format.ts';
import type { Scenario } from '../../engine/contract/scenario/schema.ts';
import type { PartialLink } from './payload.ts';
import { LONGEST_NAME } from './state.ts';

/** One line of what a link says, in words: for the link inspector, whole or damaged. */
export interface LinkPart {
	readonly label: string;
	readonly words: string;
}

const plural = (count: number, noun: string): string =>
	`${formatNumber(count)} ${noun}${count === 1 ? '' : 's'}`;

/** What could be read, in the order of the link. Text from the link is cut, never interpreted. */
export function partsOf(link: PartialLink): LinkPart[] {
	const parts: LinkPart[] = [];
	if (link.modelVersion !== undefined)
		parts.push({ label: 'Recorded with', words: `model version ${link.modelVersion}` });
	link.worlds.forEach((world, index) => {
		const prefix = link.worlds.length > 1 ? `World ${index + 1}: ` : '';
		const name = link.view?.names?.[index];
		if (name) parts.push({ label: `${prefix}name`, words: name.slice(0, LONGEST_NAME) });
		// Not valid: only what has the expected type is quoted.
		const scenario = (world.scenario ?? {}) as Partial<Scenario>;
		if (typeof scenario.title === 'string')
			parts.push({ label: `${prefix}title`, words: scenario.title.slice(0, 80) });
		if (Array.isArray(scenario.hosts))
			parts.push({
				label: `${prefix}hosts`,
				words: scenario.hosts
					.map((host) => String(host?.id).slice(0, 32))
					.slice(0, 16)
					.join(', ')
			});
		if (Array.isArray(scenario.vms))
			parts.push({
				label: `${prefix}VMs`,
				words: scenario.vms
					.slice(0, 8)
					.map(
						(vm) =>
							`${String(vm?.id).slice(0, 32)}, ${formatBytesBinary(Number(vm?.bytes))} on ${String(vm?.host).slice(0, 32)}`
					)
					.concat(scenario.vms.length > 8 ? [`and ${scenario.vms.length - 8} more`] : [])
					.join('; ')
			});
		if (world.belief)
			parts.push({ label: `${prefix}wrong belief`, words: world.belief.slice(0, 64) });
		if (world.journal)
			parts.push({ label: `${prefix}commands`, words: plural(world.journal.length, 'command') });
	});
	if (link.positionNs !== undefined)
		parts.push({ label: 'Moment', words: `${formatNs(link.positionNs)} after the start` });
	if (link.view?.byPhase)
		parts.push({ label: 'Clock', words: 'each world where the first one is in its move' });
	return parts.map(({ label, words }) => ({
		label: label[0]?.toUpperCase() + label.slice(1),
		words
	}));
}
