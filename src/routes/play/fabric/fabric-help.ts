import type { FabricStatus } from '$lib/engine/contract/fabric-status.ts';

/** The words of a fabric by who says them, with an example each. What a word needs, the engine says when it is missing. */
export interface HelpGroup {
	readonly title: string;
	readonly note: string;
	readonly examples: readonly string[];
}

/** Capacity into a VM: one line to begin with; what else may stand there, the engine says. */
export function doorExample(fabric: FabricStatus): string {
	const holder = fabric.hosts.find((host) => host.dax.some((dax) => dax.tag !== null));
	const host = holder?.id ?? fabric.hosts[0]?.id ?? 'A';
	const tag = holder?.dax.find((dax) => dax.tag !== null)?.tag ?? fabric.tags[0]?.tag ?? '3f9c';
	return `orchestrator ${host} take-into-vm customer=database door=type3 tag=${tag}`;
}

export function helpGroups(fabric: FabricStatus): HelpGroup[] {
	const device = fabric.devices[0]?.id ?? 'mem0';
	const host = fabric.hosts[0]?.id ?? 'A';
	const tag = fabric.tags[0]?.tag ?? '3f9c';
	return [
		{
			title: 'fm',
			note: 'fabric manager, command sets 51h to 58h of CXL 4.0',
			examples: [
				`fm ${device} initiate-dynamic-capacity-add host=${host} region=0 policy=free length=256M tag=${tag}`,
				`fm ${device} initiate-dynamic-capacity-release host=${host} policy=tag-based tag=${tag}`,
				`fm ${device} dynamic-capacity-list-tags`
			]
		},
		{
			title: 'host',
			note: 'a host’s own commands (sets 43h, 48h, 01h) and its loads and stores',
			examples: [
				`host ${host} load tag=${tag} offset=0`,
				`host ${host} store tag=${tag} offset=0`,
				`host ${host} flush tag=${tag} offset=0`
			]
		},
		{
			title: 'orchestrator, fault, build',
			note: 'plans; what breaks; what is plugged, bound or carved by hand',
			examples: [
				`orchestrator ${host} serve host=${host} device=${device} tag=${tag} bytes=256M`,
				doorExample(fabric),
				`orchestrator ${host} start-vm vm=vm1 ramBytes=4G`,
				`orchestrator vm1 open-device tag=${tag}`,
				`orchestrator vm1 move-shared vm=vm1 from=${host} to=${fabric.hosts[1]?.id ?? 'B'} device=${device} tag=${tag}`,
				`fault ${host} crash-host`,
				`fault ${device} cut-link`,
				`build ${device} carve-region bytes=1G blockBytes=2M`
			]
		},
		{
			title: 'tools of a host',
			note: 'choose a host beside the prompt; extents (-N) and uuids exist out of tree only',
			examples: [
				'cxl list -M',
				'cxl list -N -u',
				'cxl disable-region region0',
				`cxl create-region -t dynamic_ram_1 -d decoder0.0 -m mem0`,
				'cxl disable-memdev mem0 -f',
				'daxctl list -u',
				'daxctl reconfigure-device -m system-ram dax0.0',
				`daxctl create-device -r 0 --uuid=${tag}`
			]
		},
		{
			title: 'QEMU',
			note: 'the monitor’s own JSON at the prompt of a host, for its devices with the profile qemu111',
			examples: [
				`{"execute": "cxl-add-dynamic-capacity", "arguments": {"path": "${device}", "host-id": 0, "selection-policy": "prescriptive", "region": 0, "extents": [{"offset": 0, "len": 268435456}]}}`
			]
		}
	];
}

/** Null: not a question for help. */
export function helpText(line: string, fabric: FabricStatus): string | null {
	if (line.trim() !== 'help' && line.trim() !== '?') return null;
	return helpGroups(fabric)
		.map(
			(group) =>
				`${group.title}: ${group.note}\n${group.examples.map((example) => `    ${example}\n`).join('')}`
		)
		.join('');
}
