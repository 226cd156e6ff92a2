import type { FabricActor, FabricCommand } from '$lib/engine/contract/fabric-commands.ts';
import type {
	FabricDeviceStatus,
	FabricHostStatus,
	FabricStatus,
	FabricSwitchStatus,
	FabricTagStatus
} from '$lib/engine/contract/fabric-status.ts';
import { hostTitle } from '$lib/viz/fabric/extents-scene.ts';

/** What can be done with a thing of the fabric, each as the command that does it. */
export interface FabricAct {
	readonly word: string;
	readonly hint: string;
	readonly command: FabricCommand;
}

const command = (
	actor: FabricActor,
	at: string,
	execute: string,
	parameters?: FabricCommand['arguments']
): FabricCommand => ({
	name: 'fabric',
	actor,
	at,
	execute,
	...(parameters === undefined ? {} : { arguments: parameters })
});

export function hostActions(host: FabricHostStatus, fabric: FabricStatus): FabricAct[] {
	const acts: FabricAct[] = [];
	if (host.state === 'up')
		acts.push(
			{
				word: 'Crash',
				hint: 'The device notices nothing: extents stay with it, changed lines are lost',
				command: command('fault', host.id, 'crash-host')
			},
			{
				word: 'Silence',
				hint: 'It answers nothing any more; the standard knows no timeout',
				command: command('fault', host.id, 'silence-host')
			},
			{
				word: 'Ignore releases',
				hint: 'Reads release requests and does nothing, until it is asked to mind them again',
				command: command('fault', host.id, 'ignore-release')
			}
		);
	if (host.state === 'silent')
		acts.push({
			word: 'Wake',
			hint: 'It answers again',
			command: command('fault', host.id, 'wake-host')
		});
	if (host.state === 'crashed')
		acts.push({
			word: 'Boot',
			hint: 'It boots again and rereads its extent list',
			command: command('fault', host.id, 'reboot-host')
		});
	for (const app of fabric.apps.filter((one) => one.host === host.id && one.state === 'running'))
		acts.push({
			word: `Close ${app.id}`,
			hint: 'The program flushes and lets go of its DAX device',
			command: command('orchestrator', host.id, 'close', { app: app.id })
		});
	return acts;
}

export function deviceActions(device: FabricDeviceStatus): FabricAct[] {
	if (!device.present) return [];
	return [
		{
			word: 'Reset',
			hint: 'Shared capacity is taken from every host, without an event; the logs are cleared',
			command: command('fault', device.id, 'reset-device')
		},
		{
			word: 'Pull the plug',
			hint: 'Surprise removal: all of it vanishes for all hosts',
			command: command('fault', device.id, 'surprise-remove')
		},
		...linkActs(device.id, false)
	];
}

const linkActs = (link: string, down: boolean): FabricAct[] =>
	down
		? [
				{
					word: 'Restore link',
					hint: `The link ${link} comes up again`,
					command: command('fault', link, 'restore-link')
				}
			]
		: [
				{
					word: 'Cut link',
					hint: `The link ${link} goes down: what flies over it is lost`,
					command: command('fault', link, 'cut-link')
				}
			];

/** At a port: bind what hangs there, unbind it in one of three ways, cut or restore its link. */
export function portActions(
	one: FabricSwitchStatus,
	index: number,
	fabric: FabricStatus
): FabricAct[] {
	const port = one.ports.find((each) => each.index === index);
	if (!port) return [];
	const acts: FabricAct[] = [];
	const device = fabric.devices.find((each) => each.id === port.partner);
	for (const virtual of one.virtualSwitches)
		virtual.vppbs.forEach((vppb, vppbIndex) => {
			if (vppb.port !== index || vppb.status === 'unbound' || vppb.status === 'in progress') return;
			for (const [option, word, hint] of [
				[0, 'Unbind', 'waits for the link to go down'],
				[1, 'managed', 'as a managed hot-remove: the host may refuse or delay'],
				[2, 'surprise', 'as a surprise: the big hammer of this layer']
			] as const)
				acts.push({
					word: `${word === 'Unbind' ? word : `… ${word}`} ${virtual.host}`,
					hint: `vPPB ${vppbIndex} of ${hostTitle(virtual.host)}: ${hint} (5202h)`,
					command: command('fm', one.id, 'unbind-vppb', {
						host: virtual.host,
						'vppb-id': vppbIndex,
						option
					})
				});
		});
	if (device && one.kind === 'hbr') {
		const isMld = device.kind === 'mld';
		const free = isMld ? device.lds.find((ld) => ld.host === null)?.number : undefined;
		const bound = one.virtualSwitches.some((virtual) =>
			virtual.vppbs.some((vppb) => vppb.port === index && vppb.status !== 'unbound')
		);
		if (isMld ? free !== undefined : !bound)
			for (const virtual of one.virtualSwitches) {
				const vppb = virtual.vppbs.findIndex((each) => each.status === 'unbound');
				const has = virtual.vppbs.some((each) => each.port === index && each.status !== 'unbound');
				if (vppb < 0 || has) continue;
				acts.push({
					word: `Bind to ${virtual.host}`,
					hint: `${isMld ? `Logical device ${free}` : device.id} to vPPB ${vppb} of ${hostTitle(virtual.host)}, in the background (5201h)`,
					command: command('fm', one.id, 'bind-vppb', {
						host: virtual.host,
						'vppb-id': vppb,
						'port-id': index,
						...(isMld ? { 'ld-id': free as number } : {})
					})
				});
			}
	}
	const link = `${one.id}:${index}`;
	return [...acts, ...linkActs(link, port.down || fabric.down.includes(link))];
}

export function tagActions(tag: FabricTagStatus, fabric: FabricStatus): FabricAct[] {
	const acts: FabricAct[] = [];
	const device = fabric.devices.find((one) => one.id === tag.device);
	if (!device) return acts;
	const prefix = device.kind === 'gfd' ? 'gfd-' : '';
	if (device.kind !== 'gfd')
		for (const host of fabric.hosts) {
			if (tag.holders.includes(host.id) || tag.offered.includes(host.id)) continue;
			if (!tag.sharable || !device.lds.some((ld) => ld.host === host.id)) continue;
			acts.push({
				word: `Share with ${host.id}`,
				hint: 'Policy 3 of 5604h, enable shared access: the same bytes under the same tag',
				command: command('fm', device.id, 'initiate-dynamic-capacity-add', {
					host: host.id,
					policy: 'enable-shared-access',
					tag: tag.tag
				})
			});
		}
	for (const host of device.kind === 'gfd' ? [] : tag.holders.slice(0, 4))
		acts.push({
			word: `Recall from ${host}`,
			hint: 'Release, politely (5605h)',
			command: command('fm', device.id, 'initiate-dynamic-capacity-release', {
				host,
				policy: 'tag-based',
				tag: tag.tag
			})
		});
	acts.push(
		tag.referenced
			? {
					word: 'Let go',
					hint: 'Remove Reference (5607h)',
					command: command('fm', device.id, `${prefix}dynamic-capacity-remove-reference`, {
						tag: tag.tag
					})
				}
			: {
					word: 'Hold',
					hint: 'Add Reference: the content outlives the last host (5606h)',
					command: command('fm', device.id, `${prefix}dynamic-capacity-add-reference`, {
						tag: tag.tag
					})
				}
	);
	return acts;
}
