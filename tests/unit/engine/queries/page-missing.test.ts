/** Goal: behind the switch of post-copy a page says where its newest copy is. Method: a guest that goes first; one page that it has, one that it lacks. */
import { expect, test } from 'vitest';
import { isMissing } from '$lib/engine/hypervisor/missing.ts';
import { pageAnswer } from '$lib/engine/queries/page.ts';
import type { VmRecord } from '$lib/engine/state/records.ts';
import { migrate, open, smallWorld } from '../../../support/worlds.ts';

test('a missing page is at the source, with the proof of the copy there; when it has come it is here', () => {
	const simulation = open(smallWorld());
	simulation.send({ ...migrate('postcopy'), parameters: { maxBandwidthBytesPerSecond: 0 } });
	while (simulation.status().operations[0]?.phase !== 'fetch') simulation.step('event');
	const vm = simulation.world.r.vms[0] as VmRecord;
	const lacks = vm.pageCount - 1;
	expect(isMissing(simulation.world, vm, lacks)).toBe(true);
	const read = () => {
		const answer = pageAnswer(simulation.world, 'vm0', lacks);
		if (!answer.ok) throw new Error(answer.detail);
		return answer.value;
	};
	expect(read()).toMatchObject({ missing: true, memory: 'A.dram', proof: 'equal', readLatencyNs: null });
	expect(read().sentence).toMatch(/newest copy is at the source, in the DRAM of host A.*B runs the guest and does not have it yet/);
	simulation.send({ name: 'rack', execute: 'break-stream', vm: 'vm0' });
	expect(read().sentence).toContain('paused');
	simulation.send({ name: 'rack', execute: 'mend-stream', vm: 'vm0' });
	simulation.send({ name: 'rack', execute: 'recover-stream', vm: 'vm0' });
	simulation.advance(simulation.nowNs + 5_000_000_000);
	expect(read()).toMatchObject({ missing: false, memory: 'B.dram', proof: 'equal' });
});
