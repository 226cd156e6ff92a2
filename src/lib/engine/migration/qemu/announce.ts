import { numberOf } from '../../contract/migration/parameters.ts';
import { emit } from '../../sim/trace.ts';
import { NOTHING, type MonitorWord } from './answer.ts';

/**
 * announce-self: the guest's cards send a few frames so that switches learn where they are (QEMU 10.2.2 net/announce.c): the
 * first after announce-initial, each next announce-step later than the one before, at most announce-max apart. What switches
 * make of it is not modelled.
 */
export const announceSelf: MonitorWord = ({ world, vm, process, cause }) => {
	const value = (name: 'announce-initial' | 'announce-max' | 'announce-rounds' | 'announce-step'): number =>
		numberOf(process.parameters, name);
	const gaps = Array.from({ length: Math.max(0, value('announce-rounds') - 1) }, (_, at) =>
		Math.min(value('announce-max'), value('announce-initial') + at * value('announce-step'))
	);
	const lastsMs = gaps.reduce((sum, gap) => sum + gap, 0);
	emit(world, {
		kind: 'step',
		rule: 'announce-self',
		cause,
		vm: vm.id,
		host: world.r.hosts[process.host]?.id ?? null,
		values: { step: 'announce-self', rounds: value('announce-rounds'), lastsMs },
		text: `the cards of ${vm.id} say ${value('announce-rounds')} times within ${lastsMs} ms that they are on ${world.r.hosts[process.host]?.id ?? ''}`
	});
	return NOTHING;
};
