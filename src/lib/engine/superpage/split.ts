import { vcpuPeer, withVcpuPeer } from '../contract/superpage-words.ts';
import { wordIndex } from '../contract/superpage.ts';
import { count, keep, kept, step, type Protocol } from './steps.ts';

/**
 * One vCPU of a VM whose vCPUs run on two hosts (approach 2 of seed S3; our design, cxl-fabric reference 10.2 and I1): the map
 * says who runs it. Who runs it gives it away; who finds itself named may run it. `vm`, `vcpu`, and for the giver `to` are locals.
 */
const map = (me: { locals: Record<string, string | number | boolean> }): number => wordIndex('vcpuMap', count(me.locals['vm']));
const saved = (me: { locals: Record<string, string | number | boolean> }): number => wordIndex('vcpuSaved', count(me.locals['vm']));

export const GIVING_VCPU: Protocol = {
	first: 'stop-vcpu',
	rests: ['given', 'not-mine'],
	steps: [
		step('stop-vcpu', 'stops the vCPU', null, ({ me, without }) => {
			if (!without.includes('stop-vcpu')) me.running = false;
			return without.includes('save-vcpu') ? 'read-map' : 'save-vcpu';
		}),
		step('save-vcpu', 'writes its state and says that it is whole', 'fetch-and-add', ({ words, me }) => {
			words.add(saved(me), 1n << BigInt(count(me.locals['vcpu'])));
			return 'read-map';
		}),
		step('read-map', 'reads who runs which vCPU', 'load', ({ words, self, me }) => {
			const value = words.load(map(me));
			if (vcpuPeer(value, count(me.locals['vcpu'])) !== self) return 'not-mine';
			me.locals['seen'] = keep(value);
			return 'give';
		}),
		step('give', 'names the other host', 'compare-and-swap', ({ words, me, without }) => {
			const value = kept(me.locals['seen']);
			const after = withVcpuPeer(value, count(me.locals['vcpu']), count(me.locals['to']));
			if (without.includes('map-blind')) words.store(map(me), after);
			else if (!words.compareAndSwap(map(me), value, after)) return 'read-map';
			return 'count-change';
		}),
		step('count-change', 'counts the change of the map', 'fetch-and-add', ({ words, me }) => {
			words.add(wordIndex('vcpuMapToken', count(me.locals['vm'])), 1n);
			return 'given';
		})
	]
};

export const TAKING_VCPU: Protocol = {
	first: 'await-vcpu',
	rests: ['runs'],
	steps: [
		step(
			'await-vcpu',
			'waits until it is named',
			'load',
			({ words, self, me, without }) =>
				vcpuPeer(words.load(map(me)), count(me.locals['vcpu'])) === self || without.includes('await-vcpu') ? 'check-vcpu' : 'await-vcpu',
			true
		),
		step('check-vcpu', 'checks the state of the vCPU', 'load', ({ words, me }) =>
			((words.load(saved(me)) >> BigInt(count(me.locals['vcpu']))) & 1n) === 1n ? 'clear-saved' : 'await-vcpu'
		),
		step('clear-saved', 'says that the saved state is used', 'fetch-and-add', ({ words, me }) => {
			words.add(saved(me), -(1n << BigInt(count(me.locals['vcpu']))));
			return 'run-vcpu';
		}),
		step('run-vcpu', 'runs the vCPU', null, ({ me }) => {
			me.running = true;
			return 'runs';
		})
	]
};
