/** Goal: a virtqueue in words says who reads which ring, and what the look-up between them adds. Method: small queues. */
import { describe, expect, it } from 'vitest';
import type { DeviceEndStatus, QueueStatus } from '../../../../src/lib/engine/contract/vdpa/status.ts';
import { lookUpWords, queueTitle, queueWords } from '../../../../src/lib/viz/vdpa/rings-words.ts';

describe('a queue in words', () => {
	const ring = { inFlight: 3, entries: 256 };
	const row = { slot: 5, gpa: 0x1_8002_0000, iova: 0x1_8003_0000, bytes: 1536, state: 'used' };
	const queue = (more: object): QueueStatus =>
		({ index: 1, kind: 'transmit', guest: ring, shadow: null, rows: [row], parked: false, ...more }) as unknown as QueueStatus;
	const end = { host: 'A' } as DeviceEndStatus;

	it('names the look-up between the rings', () => {
		expect(lookUpWords(row, true)).toBe('+ 0x1_0000');
		expect(lookUpWords({ gpa: 0x2000, iova: 0x1000 }, true)).toBe('− 0x1000');
		expect(lookUpWords({ gpa: 0x1000, iova: 0x1000 }, true)).toBe('the same number');
		expect(lookUpWords(row, false)).toMatch(/^no look-up/);
	});

	it('says who reads which ring, the newest descriptor, and what is parked', () => {
		expect(queueTitle(queue({}))).toBe('Queue 1, transmit');
		expect(queueWords(queue({}), end)).toMatch(
			/^Queue 1, transmit: A’s device reads the guest’s ring itself; 3 in flight; newest: guest address 0x1_8002_0000, device address 0x1_8003_0000, 1\.5\d?\sKiB, done\.$/
		);
		const shadowed = queueWords(queue({ shadow: ring, parked: true, rows: [] }), end);
		expect(shadowed).toContain('QEMU takes descriptors');
		expect(shadowed).toContain('nothing has gone through');
		expect(shadowed).toContain('parked');
	});
});
