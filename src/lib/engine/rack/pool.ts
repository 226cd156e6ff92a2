import { ok, refused, type Outcome } from '../../base/outcome.ts';
import type { ReasonId } from '../contract/reasons.ts';
import { passesByCopy } from '../contract/migration/strategies.ts';
import { SUPERPAGE_WORDS, wordIndex } from '../contract/superpage.ts';
import { OwnerState, packOwner } from '../contract/words.ts';
import type { HostRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { clearDescriptors } from '../superpage/descriptors.ts';
import { sharedWordsOf } from '../superpage/words.ts';
import { beginSilence } from './beats.ts';
import { everyoneCatchesUp, poolPagesOf } from './hosts.ts';
import { endWithoutPool, goOnInDram } from './no-pool.ts';
import { loseVm } from './loss.ts';
import { note } from './note.ts';
import { rackOf } from './rack-records.ts';
import { planRestart, releaseExtents } from './restart.ts';
import { haOf } from './settings.ts';

/** The pool is a failure domain of its own: what lies on it is gone for every host at once. */

export function losePool(world: World): Outcome<string, ReasonId> {
	const rack = rackOf(world);
	if (!world.scenario.pool) return refused('no-shared-memory', 'the scenario has no pool');
	if (rack.poolLost) return refused('link-state', 'the pool has failed already');
	everyoneCatchesUp(world);
	const text = 'the pool fails, with every page and every word on it';
	const cause = note(world, { kind: 'pool', rule: 'pool-loss', host: -1, text });
	rack.poolLost = true;
	const hit = world.r.vms.flatMap((vm, index) => (poolPagesOf(world, index) > 0 ? [index] : []));
	for (const operation of world.r.operations) {
		if (operation.state !== 'running' || passesByCopy(operation.strategy)) continue;
		endWithoutPool(world, operation, 'pool-lost', 'the pool is gone, and the move with it');
		if (!hit.includes(operation.vm)) goOnInDram(world, operation, 'pool', cause);
	}
	for (const index of hit) {
		const vm = world.r.vms[index];
		// A VM that was lost before loses its pages too; its list stands already.
		if (vm?.vcpuState !== 'lost') loseVm(world, index, vm?.instances[vm.running] ?? -1, 'pool', cause);
		else loseVm(world, index, -1, 'pool', cause);
	}
	world.r.vms.forEach((_, index) => {
		clearDescriptors(world, index);
		releaseExtents(world, index);
	});
	for (let word = 0; word < SUPERPAGE_WORDS; word += 1) if (world.c.superpageWord.get(word) !== 0n) world.c.superpageWord.set(word, 0n);
	world.r.hosts.forEach((_, host) => beginSilence(world, host));
	if (haOf(world)?.restart) for (const index of hit) planRestart(world, index, -1);
	return ok(text);
}

/** An empty device is there again: formatted anew, every VM that still runs writes its word. */
export function restorePool(world: World): Outcome<string, ReasonId> {
	const rack = rackOf(world);
	if (!rack.poolLost) return refused('link-state', 'the pool works');
	everyoneCatchesUp(world);
	rack.poolLost = false;
	const words = sharedWordsOf(world);
	world.r.vms.forEach((vm, index) => {
		const incarnation = (world.r.hosts[vm.ownerHost] as HostRecord).incarnation;
		const state = vm.vcpuState === 'lost' ? OwnerState.orphan : OwnerState.local;
		words.store(wordIndex('owner', index), packOwner({ owner: vm.ownerHost, state, incarnation, token: 1 }));
	});
	world.r.hosts.forEach((host, index) => words.store(wordIndex('incarnation', index), BigInt(host.incarnation)));
	for (const recovery of rack.recoveries) {
		if (recovery.step === 'done') continue;
		recovery.step = 'done';
		recovery.endNs = world.r.nowNs;
	}
	const text = 'an empty pool is there again';
	note(world, { kind: 'pool', rule: 'pool-loss', host: -1, text });
	return ok(text);
}

/** Hand-offs go on; whoever has to be cut off waits, and no capacity is given out (cxl-fabric reference 10.6, row FM). */
export function loseFabricManager(world: World): Outcome<string, ReasonId> {
	const rack = rackOf(world);
	if (!world.scenario.pool) return refused('no-shared-memory', 'the scenario has no pool');
	if (rack.fabricManagerLost) return refused('link-state', 'the fabric manager has failed already');
	everyoneCatchesUp(world);
	rack.fabricManagerLost = true;
	const text = 'no fabric manager answers';
	note(world, { kind: 'pool', rule: 'fabric-manager-loss', host: -1, text });
	return ok(text);
}

export function restoreFabricManager(world: World): Outcome<string, ReasonId> {
	const rack = rackOf(world);
	if (!rack.fabricManagerLost) return refused('link-state', 'the fabric manager works');
	delete rack.fabricManagerLost;
	const text = 'the fabric manager answers again';
	note(world, { kind: 'pool', rule: 'fabric-manager-loss', host: -1, text });
	return ok(text);
}
