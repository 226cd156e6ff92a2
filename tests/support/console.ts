import type { Simulation } from '../../src/lib/engine/index.ts';

/** Types a line on a machine and waits as a person would: what the console prints, at once or when the call has ended. */
export function typed(simulation: Simulation, line: string, seconds = 15, machine = 'm'): string {
	const answer = simulation.ask({ kind: 'console', machine, line });
	if (answer.kind === 'text') return answer.text;
	const given = simulation.send(answer.command);
	if (!given.ok) throw new Error(`${line}: ${given.detail}`);
	const call = given.value.call;
	if (call === undefined) return '';
	const outcome = () => simulation.ask({ kind: 'outcome', machine, call, manner: answer.manner });
	simulation.advance(simulation.nowNs + seconds * 1e9, Infinity, () => outcome()?.done === true);
	return outcome()?.text ?? 'no such call';
}
