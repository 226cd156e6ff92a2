import type { Component } from 'svelte';
import type { WorldStatus } from '$lib/engine/contract/status.ts';
import AddressesPanel from './AddressesPanel.svelte';
import FetchPanel from './FetchPanel.svelte';
import HostsPanel from './HostsPanel.svelte';
import MonitorPanel from './MonitorPanel.svelte';
import RackStage from './RackStage.svelte';
import PagesPanel from './PagesPanel.svelte';
import SuperpagePanel from './SuperpagePanel.svelte';
import type { Playground } from '../playground.svelte.ts';

/**
 * What a world of VMs has to show beside memory and inspector. One line per panel: it appears as a tab above the stage or
 * above the inspector as soon as the world has something for it.
 */
export interface VmPanel {
	readonly id: string;
	readonly title: string;
	/** Instead of the memories, with all their room, or instead of the inspector, 300 px wide. */
	readonly place: 'stage' | 'side';
	readonly component: Component<{ play: Playground }>;
	readonly shows: (status: WorldStatus) => boolean;
	/** Stands there until something else is asked for. */
	readonly leads?: (status: WorldStatus) => boolean;
}

export const VM_PANELS: readonly VmPanel[] = [
	{
		id: 'rack',
		title: 'Rack',
		place: 'stage',
		component: RackStage,
		shows: ({ hosts, rack }) => hosts.length > 2 || rack !== null,
		leads: ({ hosts, rack }) => hosts.length > 2 || rack !== null
	},
	{
		id: 'monitor',
		title: 'QEMU',
		place: 'stage',
		component: MonitorPanel,
		shows: ({ hosts, vms }) => hosts.length > 1 && vms.length > 0
	},
	{
		id: 'hosts',
		title: 'Hosts',
		place: 'side',
		component: HostsPanel,
		shows: ({ hosts, vms }) => hosts.length > 1 && vms.length > 0
	},
	{
		id: 'addresses',
		title: 'Addresses',
		place: 'stage',
		component: AddressesPanel,
		shows: ({ hosts, vms, memories }) =>
			hosts.length > 1 && vms.length > 0 && memories.some(({ kind }) => kind === 'pool')
	},
	{
		id: 'pages',
		title: 'Pages',
		place: 'side',
		component: PagesPanel,
		shows: ({ vms, memories, vdpa }) =>
			vms.length > 0 && vdpa === null && memories.some(({ kind }) => kind === 'pool')
	},
	{
		id: 'super-page',
		title: 'Super-page',
		place: 'stage',
		component: SuperpagePanel,
		shows: ({ hosts, vms, memories }) =>
			hosts.length > 1 && vms.length > 0 && memories.some(({ kind }) => kind === 'pool')
	},
	{
		id: 'stream',
		title: 'Stream',
		place: 'side',
		component: FetchPanel,
		shows: ({ operations }) =>
			operations.some(({ strategy }) => ['postcopy', 'rdma', 'shared-file'].includes(strategy))
	}
];

/** Panels of one place that this world has something for. */
export function panelsAt(
	place: VmPanel['place'],
	status: WorldStatus | undefined
): readonly VmPanel[] {
	return status ? VM_PANELS.filter((panel) => panel.place === place && panel.shows(status)) : [];
}

/** The panel that was asked for, where this world has it; undefined for memories or inspector. */
export function panelAt(place: VmPanel['place'], play: Playground): VmPanel | undefined {
	const status = play.world?.status;
	const wanted = play.panels[place];
	const open = panelsAt(place, status);
	return wanted === undefined
		? open.find((panel) => status && panel.leads?.(status))
		: open.find((panel) => panel.id === wanted);
}
