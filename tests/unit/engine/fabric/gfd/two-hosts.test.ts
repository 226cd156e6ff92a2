import { describe, expect, test } from 'vitest';
import { ask, fabricSimulation } from '../../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;
/** Numbers of the worked example: one device address, two host addresses. */
const fabric = {
	hosts: [
		{ id: 'A', pid: 0x10, windows: [{ baseHpa: '0x1000_0000_0000', bytes: 64 * GIB, targets: ['gfd0'] }] },
		{ id: 'B', pid: 0x11, windows: [{ baseHpa: '0x2C00_0000_0000', bytes: 64 * GIB, targets: ['gfd0'] }] }
	],
	switches: [
		{
			id: 'sw',
			kind: 'pbr',
			hosts: [
				{ host: 'A', port: 0 },
				{ host: 'B', port: 1 }
			]
		}
	],
	devices: [
		{
			id: 'gfd0',
			kind: 'gfd',
			pid: 0x100,
			at: { switch: 'sw', port: 8 },
			ldBases: ['0x40_0000_0000'],
			regions: [{ bytes: 64 * GIB, blockBytes: 64 * 2 ** 20, sharable: true, hardwareCoherent: true }]
		}
	]
};

describe('a G-FAM device and two hosts', () => {
	test('the same device address behind two host addresses', () => {
		const simulation = fabricSimulation(fabric);
		const a = simulation.ask({ kind: 'translate', host: 'A', hpa: 0x1000_1234_5000 });
		const b = simulation.ask({ kind: 'translate', host: 'B', hpa: 0x2c00_1234_5000 });
		expect(a?.dpa).toBe(0x40_1234_5000);
		expect(b?.dpa).toBe(0x40_1234_5000);
	});
	test('a closed group is an access error', () => {
		const simulation = fabricSimulation(fabric);
		const answer = simulation.ask({ kind: 'translate', host: 'A', hpa: 0x1000_1234_5000 });
		expect(answer).toMatchObject({ ok: false, miss: 'no-group' });
	});
});
