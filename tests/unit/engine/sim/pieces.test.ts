import { expect, test } from 'vitest';
import { Simulation } from '$lib/engine/index.ts';
import { processOf } from '$lib/engine/mm/process/end.ts';

/** A machine so large that its buffer ends beyond 4 GiB; what a run never touches costs address space only. */
function largeMachine(): Simulation {
	const opened = Simulation.open({
		scenario: { switchyard: 1, id: 'large', title: 'large', hosts: [], machines: [{ id: 'm', qemuArgs: ['-smp', '1', '-m', '1024G'] }] },
		limitBytes: 2 ** 34
	});
	if (!opened.ok) throw new Error(opened.detail);
	return opened.value;
}

test('a world whose buffer is larger than 4 GiB is kept and put back', () => {
	const simulation = largeMachine();
	expect(simulation.world.buffer.byteLength).toBeGreaterThan(2 ** 32);
	const start = simulation.fingerprint();
	for (const words of ['map a 16M', 'touch a'])
		expect(simulation.send({ name: 'process', machine: 'm', process: 'p', words }).ok).toBe(true);
	simulation.advance(1e9);
	expect(processOf(simulation.world, 0, 'p')?.state).toBe('running');
	const end = simulation.fingerprint();
	expect(end).not.toBe(start);
	simulation.seek(0);
	simulation.seek(1e9);
	expect(simulation.fingerprint()).toBe(end);
});
