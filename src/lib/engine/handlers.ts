import type { JournalEntry } from './contract/commands.ts';
import { execute } from './commands/index.ts';
import { runFabricTimer } from './commands/fabric-timers.ts';
import { deliverMessage } from './commands/fabric-messages.ts';
import { catchUp } from './hypervisor/guest.ts';
import { dropPin } from './hypervisor/pins.ts';
import { bytesLeft } from './queries/left.ts';
import { runCall, runDriver, runTimer } from './machine/events.ts';
import { runFetch } from './migration/postcopy/faults.ts';
import { runTiering } from './migration/reference/background.ts';
import { runMonitor } from './migration/qemu/cpr.ts';
import { STRATEGIES } from './migration/strategies/index.ts';
import { runHandOff } from './migration/strategies/transit.ts';
import { buryNotLoaded } from './rack/dead.ts';
import { heldBack } from './rack/hold.ts';
import { runRack } from './rack/index.ts';
import { EventKind } from './sim/event-kinds.ts';
import { schedule, type PendingEvent } from './sim/event-queue.ts';
import type { Handlers } from './sim/run.ts';
import type { OperationRecord } from './state/records.ts';
import type { World } from './state/world.ts';
import { runNic } from './vdpa/switching/run.ts';

/** What each kind of event means: the table that `sim` runs (decision D11). */

/** Samples of the course, simulated time between two of them: about 480 over the scenario's length. */
function sampleEveryNs(world: World): number {
	return Math.max(100_000, Math.ceil(world.scenario.untilNs / 480));
}

function live(world: World, id: number): OperationRecord | null {
	const operation = world.r.operations[id - 1];
	return operation && operation.state === 'running' ? operation : null;
}

function handle(world: World, event: PendingEvent): void {
	if (heldBack(world, event)) return;
	switch (event.kind) {
		case EventKind.sample:
			sample(world);
			return;
		case EventKind.precopy:
		case EventKind.transit: {
			const operation = live(world, event.a);
			if (operation && operation.generation === event.b) STRATEGIES[operation.strategy].run(world, operation);
			return;
		}
		case EventKind.handOff: {
			const operation = live(world, event.a);
			if (!operation) return;
			runHandOff(world, operation, event.b);
			buryNotLoaded(world, operation);
			return;
		}
		case EventKind.monitor:
			runMonitor(world, event.a, event.b);
			return;
		case EventKind.fetch: {
			const operation = live(world, event.a);
			if (operation) runFetch(world, operation, event.b);
			return;
		}
		case EventKind.tiering:
			runTiering(world, event.a);
			return;
		case EventKind.pinEnd:
			dropPin(world, event.a);
			return;
		case EventKind.call:
			runCall(world, event.a, event.b);
			return;
		case EventKind.driver:
			runDriver(world, event.a, event.b);
			return;
		case EventKind.kernelTimer:
			runTimer(world, event.a, event.b);
			return;
		case EventKind.message:
			deliverMessage(world, event.a);
			return;
		case EventKind.fabricTimer:
			runFabricTimer(world, event.a, event.b);
			return;
		case EventKind.nic:
			runNic(world, event.a, event.b);
			return;
		case EventKind.rack:
			runRack(world, event.a, event.b);
	}
}

/** One row of the course: every VM caught up to now. Sampling goes on for the scenario's length only. */
export function sample(world: World): void {
	const { r } = world;
	r.vms.forEach((_, index) => catchUp(world, index));
	r.sampleCount += 1;
	const pool = r.memories.findIndex((memory) => memory.kind === 'pool');
	world.series.push({
		atNs: r.nowNs,
		speedPpm: r.vms.map((vm) => (vm.vcpuState === 'running' ? vm.speedPpm : 0)),
		host: r.vms.map((vm) => (vm.vcpuState === 'running' ? (vm.instances[vm.running] as number) : -1)),
		leftBytes: r.vms.map((_, index) => bytesLeft(world, index)),
		bandwidth: r.vms.map((_, index) => {
			const operation = r.operations.find((candidate) => candidate.vm === index && candidate.state === 'running');
			const flow = r.flows.find((candidate) => candidate.operation === operation?.id);
			return flow?.rate ?? 0;
		}),
		poolPages: r.vms.map((vm) => (pool < 0 ? 0 : (vm.pagesByMemory[pool] ?? 0)))
	});
	const next = r.nowNs + sampleEveryNs(world);
	if (next <= world.scenario.untilNs || r.operations.some((operation) => operation.state === 'running'))
		schedule(world, next, EventKind.sample, 0, 0);
}

export const HANDLERS: Handlers = {
	event: handle,
	command: (world: World, entry: JournalEntry) => {
		execute(world, entry.command);
	}
};
