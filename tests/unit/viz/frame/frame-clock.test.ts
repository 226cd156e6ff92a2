import { expect, it } from 'vitest';
import { FrameClock } from '../../../../src/lib/viz/frame/frame-clock.ts';

/** Goal: one frame request serves all listeners and ends with the last of them. Method: a hand-driven browser. */
function handDriven() {
	const waiting = new Map<number, (wallMs: number) => void>();
	let ticket = 0;
	const clock = new FrameClock(
		(callback) => {
			ticket += 1;
			waiting.set(ticket, callback);
			return ticket;
		},
		(gone) => void waiting.delete(gone)
	);
	const frame = (wallMs: number) => {
		const callbacks = [...waiting.values()];
		waiting.clear();
		for (const callback of callbacks) callback(wallMs);
	};
	return { clock, waiting, frame };
}

it('asks for one frame however many listen, and gives all the same time', () => {
	const { clock, waiting, frame } = handDriven();
	const heard: string[] = [];
	clock.subscribe((wallMs) => heard.push(`a${wallMs}`));
	clock.subscribe((wallMs) => heard.push(`b${wallMs}`));
	expect(waiting.size).toBe(1);
	frame(16);
	expect(heard).toEqual(['a16', 'b16']);
	expect(clock.now).toBe(16);
	expect(waiting.size).toBe(1);
});

it('stops asking when nobody listens any more', () => {
	const { clock, waiting, frame } = handDriven();
	const leave = clock.subscribe(() => leave());
	frame(1);
	expect(waiting.size).toBe(0);
});

it('does not call a listener that an earlier listener of the same frame removed', () => {
	const { clock, frame } = handDriven();
	const heard: string[] = [];
	let leaveSecond = () => {};
	clock.subscribe(() => leaveSecond());
	leaveSecond = clock.subscribe(() => heard.push('second'));
	frame(1);
	expect(heard).toEqual([]);
});
