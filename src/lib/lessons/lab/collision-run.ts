import type { Scenario } from '../../engine/contract/scenario/schema.ts';
import type { CollisionAction, CollisionAnswer } from '../../engine/contract/vdpa/collision.ts';
import { readPaper } from '../../engine/contract/vdpa/paper.ts';
import type { Lab } from './load.ts';
import { planScenario, planTexts } from './run-lab.ts';
import type { LabPlan } from './schema.ts';
import { filled } from './template.ts';

/**
 * A sequence that the explorer found, as a run that one can scrub: the lab's guest with the rings where the plan puts them, one
 * act after the other. Between two acts there is time for a change of the card.
 */
const STEP_NS = 1_500_000_000;
const AFTER_NS = 3_000_000_000;

type Commands = Scenario['journal'];

function commandOf(action: CollisionAction, vm: string, target: string): Commands[number]['command'] {
	switch (action) {
		case 'start':
			return { name: 'migrate', vm, target, strategy: 'precopy' };
		case 'finish':
			return { name: 'migrate', vm, target, strategy: 'precopy', parameters: { maxBandwidthBytesPerSecond: 0 } };
		case 'hotplug':
			return { name: 'vdpa', vm, execute: 'plug-dimm', arguments: { bytes: '1 GiB' } };
		case 'unplug':
			return { name: 'vdpa', vm, execute: 'unplug-dimm' };
		case 'fail':
			return { name: 'vdpa', vm, execute: 'fail-migration' };
	}
}

export function collisionRun(lab: Lab, plan: LabPlan, seed: number, answer: CollisionAnswer): Scenario {
	const base = planScenario(lab, plan, seed);
	if (answer.path === null) return base;
	const words = String(filled(lab.steps.challenge.collisions ?? '', planTexts(lab, plan, seed)));
	const [nic = '', , ...choice] = words.split(/\s+/);
	const read = readPaper([nic, ...choice].join(' '));
	const vms = base.vms.map((vm) =>
		vm.vdpa === undefined || !read.ok
			? vm
			: {
					...vm,
					vdpa: {
						...vm.vdpa,
						nics: vm.vdpa.nics.map((each) => ({
							...each,
							...(read.value.strategy === null ? {} : { strategy: read.value.strategy }),
							choice: { ...each.choice, ...read.value.choice }
						}))
					}
				}
	);
	const [first, second] = base.hosts;
	const vm = vms[0]?.id ?? '';
	const target = (vms[0]?.host === first?.id ? second?.id : first?.id) ?? '';
	const journal = answer.path.map((action, index) => ({ atNs: (index + 1) * STEP_NS, command: commandOf(action, vm, target) }));
	return { ...base, vms, title: 'A sequence that ends in a wrong map', journal, untilNs: answer.path.length * STEP_NS + AFTER_NS };
}

/** What the sequence is, in words. */
const SAYS: Readonly<Record<CollisionAction, string>> = {
	start: 'the guest begins to move',
	hotplug: 'a DIMM is plugged',
	unplug: 'a DIMM is taken out',
	fail: 'the move fails',
	finish: 'the move ends'
};
export const sayPath = (answer: CollisionAnswer): string => (answer.path ?? []).map((action) => SAYS[action]).join(', ');
