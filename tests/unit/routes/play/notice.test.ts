import { expect, it } from 'vitest';
import { Notice } from '../../../../src/routes/play/notice.svelte.ts';

/** Goal: no message stays for ever, and none leaves under the reader's hand. Method: frames of a clock of our own. */
it('leaves after some seconds of the frame clock, later when it is longer', () => {
	const notice = new Notice();
	notice.say('Link copied, 312 characters.', 1000);
	notice.pass(5000);
	expect(notice.text).not.toBeNull();
	notice.pass(9000);
	expect(notice.text).toBeNull();
	notice.say('x'.repeat(200), 0);
	notice.pass(9000);
	expect(notice.text).not.toBeNull();
});

it('stays while it is pointed at, and leaves at once when it is ended', () => {
	const notice = new Notice();
	notice.say('Link copied.', 0);
	notice.held = true;
	notice.pass(60_000);
	expect(notice.text).toBe('Link copied.');
	notice.held = false;
	notice.pass(60_016);
	expect(notice.text).toBeNull();
	notice.say('Again.', 60_016);
	notice.end();
	expect(notice.text).toBeNull();
});
