import { RACK_QUANTITIES, type RackQuantityName } from '../contract/rack/quantities.ts';
import type { VmRecord } from '../state/records.ts';
import type { LossRecord } from '../state/rack-records.ts';
import type { World } from '../state/world.ts';

/** Quantities of hosts that fail. null when `of` names no VM. */
type Read = (world: World, vm: number) => number;

const losses = (world: World, vm: number): readonly LossRecord[] => (world.r.rack?.losses ?? []).filter((loss) => loss.vm === vm);

/** A VM that stands still with its host, or waits for its pages, is nobody's run either. */
function waitsSince(world: World, vm: number): number {
	const mine = world.r.rack?.vms[vm];
	return mine && (mine.held || mine.stalled) && world.r.vms[vm]?.vcpuState === 'stopped' ? mine.stoppedNs : -1;
}

function goneNs(world: World, vm: number, withPool: boolean): number {
	const since = waitsSince(world, vm);
	return losses(world, vm)
		.filter((loss) => withPool || loss.why !== 'pool')
		.reduce(
			(most, loss) => Math.max(most, (loss.backNs < 0 ? world.r.nowNs : loss.backNs) - loss.sinceNs),
			since < 0 ? 0 : world.r.nowNs - since
		);
}

const READ: Readonly<Record<RackQuantityName, Read>> = {
	vmFate: (world, vm) => {
		const state = world.r.vms[vm]?.vcpuState;
		const moving = world.r.operations.some((operation) => operation.vm === vm && operation.state === 'running');
		const saving = world.r.rack?.vms[vm]?.checkpointing === true;
		if (state !== 'running' && !moving && !saving) return 3;
		const last = losses(world, vm).at(-1);
		return !last ? 0 : last.how === 'from-checkpoint' ? 1 : 2;
	},
	vmGoneNs: (world, vm) => goneNs(world, vm, true),
	hostGoneNs: (world, vm) => goneNs(world, vm, false),
	vmSlowPercent: (world, vm) => {
		const record = world.r.vms[vm] as VmRecord;
		const saving = (world.r.rack?.vms[vm]?.checkpointCostNs ?? 0) / Math.max(1, world.r.nowNs);
		return 100 * (1 - (record.worstSpeedPpm / 1e6) * (1 - saving));
	},
	vmsUp: (world, vm) => Number(READ.vmFate(world, vm) < 3),
	staleLines: (world, vm) => losses(world, vm).reduce((sum, loss) => sum + loss.lines, 0)
};

export const isRackQuantity = (name: string): name is RackQuantityName => Object.hasOwn(RACK_QUANTITIES, name);

export function rackQuantity(world: World, name: RackQuantityName, of: string): number | null {
	if (of === '') {
		const each = world.r.vms.map((_, vm) => READ[name](world, vm));
		return name === 'vmsUp' || name === 'staleLines' ? each.reduce((sum, value) => sum + value, 0) : Math.max(0, ...each);
	}
	const vm = world.r.vms.findIndex((record) => record.id === of);
	return vm < 0 ? null : READ[name](world, vm);
}
