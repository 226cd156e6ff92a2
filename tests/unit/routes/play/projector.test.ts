import { expect, it } from 'vitest';
import { LOWEST_STAGE, NARROWEST_STAGE } from '../../../../src/lib/viz/geometry/stage-layout.ts';
import { projectorZoom } from '../../../../src/routes/play/projector.ts';

it('enlarges as far as the figure still fits, and never makes anything smaller', () => {
	for (const [width, height] of [
		[1366, 768],
		[1280, 720],
		[1920, 1080],
		[2560, 1440]
	] as const) {
		const zoom = projectorZoom(width, height);
		expect(zoom).toBeGreaterThan(1);
		// Beside the rail, and between bar, tracks and controls of a short page.
		expect(width / zoom - 56).toBeGreaterThanOrEqual(NARROWEST_STAGE);
		expect(height / zoom - 48 - 87 - 52).toBeGreaterThanOrEqual(LOWEST_STAGE);
	}
	expect(projectorZoom(1366, 768)).toBe(1.2);
	expect(projectorZoom(800, 500)).toBe(1);
	expect(projectorZoom(8000, 8000)).toBe(1.75);
});
