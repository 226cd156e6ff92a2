/**
 * Goal: the course of packets draws and says what the engine counted. Method: the collision of the catalogue to its end.
 */
import { describe, expect, it } from 'vitest';
import type { TrafficStatus } from '../../../../src/lib/engine/contract/vdpa/status.ts';
import { packetsScene, packetsWords } from '../../../../src/lib/viz/vdpa/packets-scene.ts';
import { firstNic, nicSimulation } from '../../../support/nic-catalogue.ts';

describe('packets of the collision', () => {
	const { nic } = firstNic(nicSimulation('identity-hole-collision', 6e9));
	const { traffic } = nic;
	const scene = packetsScene(traffic, 6e9);
	const total = (pick: 'lost' | 'misplaced' | 'passed'): number => scene.bars.reduce((sum, bar) => sum + bar[pick], 0);

	it('stand in the bars to the last one', () => {
		expect(total('misplaced')).toBe(traffic.misplaced);
		expect(total('lost')).toBe(traffic.lost);
		expect(total('misplaced')).toBeGreaterThan(0);
		for (const bar of scene.bars) {
			expect(bar.passed + bar.lost + bar.misplaced).toBeLessThanOrEqual(scene.most);
			expect(bar.toNs).toBeLessThanOrEqual(scene.endNs);
			expect(bar.delayNs).toBeLessThanOrEqual(scene.mostDelayNs);
		}
	});

	it('are told with both gaps and the pages that were not meant', () => {
		const words = packetsWords(nic);
		expect(words.match(/nothing passed for/g)).toHaveLength(traffic.gaps.length);
		expect(traffic.gaps.length).toBe(2);
		expect(words).toContain('in a page that the guest did not mean');
	});

	it('have an axis even where none has passed', () => {
		const none = { bucketNs: 1e7, course: { received: [], lost: [], misplaced: [], delayNs: [] } } as unknown as TrafficStatus;
		expect(packetsScene(none, 5e9)).toMatchObject({ bars: [], most: 1, endNs: 5e9 });
		expect(packetsScene(none, 0).endNs).toBeGreaterThan(0);
	});

	it('say that a gap still lasts', () => {
		const open = { ...nic, traffic: { ...traffic, gaps: [{ fromNs: 2e9, toNs: null, lost: 3 }] } };
		expect(packetsWords(open)).toMatch(/nothing has passed since 2\ss\.$/);
	});
});
