import type { MoverVerdict } from '../../engine/contract/movers.ts';
import type { Scenario } from '../../engine/contract/scenario/schema.ts';
import type { Lab } from './load.ts';
import { planScenario } from './run-lab.ts';
import type { LabPlan } from './schema.ts';

/**
 * An order of the three movers as a run that one can scrub: every act of the migrator and every success of the other two
 * gets a moment, one and a half seconds apart, so that a scan of NUMA balancing lies between any two. What the explorer calls
 * a promotion is a touch by a CPU of the host; what it calls a swap-out is reclaim asked for on that node.
 */
const STEP_NS = 1_500_000_000;
const PAGES = '256K';

/** Words of the probe process for an act of the migrator. */
const WORDS: Readonly<Record<string, readonly string[]>> = {
	move: ['move a 1'],
	bind: ['bind a bind 1'],
	mlock: ['mlock a'],
	pin: ['pin a'],
	reference: ['vmsplice a'],
	'hand-off': ['status a'],
	release: ['unpin a', 'drain a'],
	pull: ['move a 0']
};

export function moverRun(lab: Lab, plan: LabPlan, seed: number, verdict: MoverVerdict): Scenario {
	const base = planScenario(lab, plan, seed);
	const machine = base.machines[0]?.id ?? '';
	const words = (atNs: number, text: string) => ({ atNs, command: { name: 'process' as const, machine, process: 'vm', words: text } });
	const file = (atNs: number, path: string, value: string) => ({ atNs, command: { name: 'write-file' as const, machine, path, value } });
	const journal: Scenario['journal'] = [words(1e9, `map a ${PAGES}`), words(1.05e9, 'nothp a'), words(1.1e9, 'touch a')];
	let atNs = 2e9;
	for (const does of deeds(verdict)) {
		if (does === 'promote') journal.push(words(atNs, 'touch a'));
		else if (does === 'swap out') {
			journal.push(
				file(atNs, '/sys/devices/system/node/node0/reclaim', PAGES),
				file(atNs, '/sys/devices/system/node/node1/reclaim', PAGES)
			);
		} else if (does === 'quiet') journal.push(file(atNs, '/proc/sys/kernel/numa_balancing', '0'));
		else for (const text of WORDS[does] ?? []) journal.push(words(atNs, text));
		atNs += STEP_NS;
	}
	return { ...base, title: verdict.wins ? 'One order of the three movers' : 'An order that loses', journal, untilNs: atNs + STEP_NS };
}

/**
 * What has to happen, in order. Promotion and swap-out are one instant on a machine: they stand where that mover took the
 * pages off the list, because nothing that comes later could stop them.
 */
function deeds({ path }: MoverVerdict): string[] {
	const placed: { at: number; does: string }[] = [];
	path.forEach((step, index) => {
		if (step.does === null) return;
		const taken = step.mover === 'migrator' ? index : path.slice(0, index).findLastIndex((earlier) => earlier.mover === step.mover);
		placed.push({ at: taken < 0 ? index : taken, does: step.does });
	});
	return placed.sort((a, b) => a.at - b.at).map(({ does }) => does);
}
