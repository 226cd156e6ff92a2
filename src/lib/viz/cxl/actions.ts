import type { MachineCommand } from '../../engine/contract/machine-commands.ts';
import { fittingOrder, type CxlScene } from './scene.ts';
import type { CxlPart } from './words.ts';

/** What can be asked at a part of the figure: a word, a hint, and the line that asks it. What the tool would refuse is offered all the same. */
export interface CxlAction {
	readonly word: string;
	readonly hint: string;
	readonly command: MachineCommand;
}

export function cxlActions(scene: CxlScene, part: CxlPart): CxlAction[] {
	const act = (word: string, hint: string, line: string): CxlAction => ({
		word,
		hint,
		command: { name: 'shell', machine: scene.machine, line }
	});
	const { name } = part;
	if (part.kind === 'region') {
		const region = scene.regions.find((one) => one.name === name);
		if (!region) return [];
		return [
			region.enabled
				? act(
						'Disable',
						'Its driver goes, and the DAX devices with it',
						`cxl disable-region ${name}`
					)
				: act(
						'Enable',
						'Its driver is bound: a DAX device over all of it',
						`cxl enable-region ${name}`
					),
			act('Destroy', 'Refused while it is active', `cxl destroy-region ${name}`),
			act(
				'Destroy, force',
				'Disables first; what is online is lost',
				`cxl destroy-region -f ${name}`
			)
		];
	}
	if (part.kind === 'dax') {
		const dax = scene.daxes.find((one) => one.name === name);
		if (!dax) return [];
		if (dax.driver !== 'kmem')
			return [
				act(
					'System RAM',
					'kmem makes memory blocks of it',
					`daxctl reconfigure-device -m system-ram -f ${name}`
				)
			];
		return [
			act('Online', 'All of its memory blocks, as movable', `daxctl online-memory ${name}`),
			act('Offline', 'All of its memory blocks', `daxctl offline-memory ${name}`),
			act(
				'For programs',
				'Offline first, then device_dax',
				`daxctl reconfigure-device -m devdax -f ${name}`
			)
		];
	}
	return [];
}

/** The line that makes a region over so many ways, devices in an order that fits the window; null where there are too few free ones. */
export function newRegionLine(
	scene: CxlScene,
	ways: number,
	granularity: number | null
): string | null {
	const order = fittingOrder(scene, ways);
	if (order === null) return null;
	const size = granularity === null ? '' : ` -g ${granularity}`;
	return `cxl create-region -m -t ram -d ${scene.window.name} -w ${ways}${size} ${order.join(' ')}`;
}
