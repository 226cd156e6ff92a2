/**
 * Goal: the figure of a machine's CXL memory has everything in a place of its own and says what the engine says; what it offers is
 * what the tools take. Method: machines of the engine are drawn; every offered line is given to them.
 */
import { describe, expect, it } from 'vitest';
import type { TranslationAnswer } from '../../../../src/lib/engine/contract/fabric-status.ts';
import type { MachineStatus } from '../../../../src/lib/engine/contract/machine-status.ts';
import type { Simulation } from '../../../../src/lib/engine/index.ts';
import type { Box } from '../../../../src/lib/viz/geometry/box.ts';
import { cxlActions, newRegionLine } from '../../../../src/lib/viz/cxl/actions.ts';
import { linksDown } from '../../../../src/lib/viz/cxl/links.ts';
import { layoutCxl, xOf } from '../../../../src/lib/viz/cxl/layout.ts';
import { buildCxl, someByte, wayTo, type CxlScene } from '../../../../src/lib/viz/cxl/scene.ts';
import { cxlWords, partWords, type CxlPart } from '../../../../src/lib/viz/cxl/words.ts';
import { cxlMachine, shell, type CxlTopology } from '../../../support/cxl.ts';

const machineOf = (simulation: Simulation): MachineStatus => simulation.status().machines[0]!;
const sceneOf = (simulation: Simulation): CxlScene => buildCxl(machineOf(simulation))!;
const PAIR: CxlTopology = {
	bridges: [
		[256, 256],
		[256, 256]
	],
	windows: [{ targets: [0, 1], granularity: '1k' }],
	online: 'online_movable'
};
const SIXTEEN: CxlTopology = {
	bridges: [
		[256, 256, 256, 256, 256, 256, 256, 256],
		[256, 256, 256, 256, 256, 256, 256, 256]
	],
	windows: [{ targets: [0, 1], gib: 8, granularity: '1k' }]
};
const overlap = (a: Box, b: Box): boolean =>
	a.x < b.x + b.width - 0.01 && b.x < a.x + a.width - 0.01 && a.y < b.y + b.height - 0.01 && b.y < a.y + a.height - 0.01;

describe('a region from the picture', () => {
	it.each([
		['four ways over two bridges', PAIR, 4],
		['sixteen ways', SIXTEEN, 16],
		['two ways below a switch', { bridges: [[256, 256, 256]], switched: true } satisfies CxlTopology, 2],
		['three ways at the root', { bridges: [[256], [256], [256]], windows: [{ targets: [0, 1, 2], gib: 3 }] } satisfies CxlTopology, 3]
	])('%s: devices stand in an order that the kernel takes', (_, topology, ways) => {
		const simulation = cxlMachine(topology);
		const line = newRegionLine(sceneOf(simulation), ways, null)!;
		expect([line, shell(simulation, line).rc]).toEqual([line, 0]);
		expect(sceneOf(simulation).region).toMatchObject({ ways, state: 'commit' });
		expect(newRegionLine(sceneOf(simulation), ways, null) === null).toBe(topology.bridges.flat().length < 2 * ways);
	});

	it('is not offered where too few devices are free', () => {
		expect(newRegionLine(sceneOf(cxlMachine(PAIR)), 8, null)).toBeNull();
	});

	it('comes and goes by what is offered at its parts', () => {
		const simulation = cxlMachine(PAIR);
		shell(simulation, newRegionLine(sceneOf(simulation), 4, null)!);
		const press = (kind: 'region' | 'dax', name: string, word: string): void => {
			const action = cxlActions(sceneOf(simulation), { kind, name }).find((one) => one.word === word)!;
			expect(action.command.name).toBe('shell');
			const line = action.command.name === 'shell' ? action.command.line : '';
			expect([line, shell(simulation, line).rc]).toEqual([line, 0]);
		};
		expect(sceneOf(simulation).blocks).toHaveLength(8);
		press('dax', 'dax0.0', 'Offline');
		expect(sceneOf(simulation).blocks.every(({ first }) => first.state === 'offline')).toBe(true);
		press('dax', 'dax0.0', 'Online');
		press('dax', 'dax0.0', 'For programs');
		expect(sceneOf(simulation).blocks).toEqual([]);
		press('dax', 'dax0.0', 'System RAM');
		press('region', 'region0', 'Disable');
		expect(sceneOf(simulation).daxes).toEqual([]);
		press('region', 'region0', 'Enable');
		press('region', 'region0', 'Destroy, force');
		expect(sceneOf(simulation).region).toBeNull();
	});
});

describe('the figure', () => {
	for (const width of [358, 700, 1010, 1500])
		it(`has a place for everything at ${width} px`, () => {
			for (const topology of [PAIR, SIXTEEN, { bridges: [[256, 256, 256]], switched: true }]) {
				const simulation = cxlMachine(topology);
				shell(simulation, newRegionLine(sceneOf(simulation), 2, null)!);
				const scene = sceneOf(simulation);
				const layout = layoutCxl(width, 430, scene);
				const boxes = [
					layout.window,
					layout.blocks,
					layout.dax,
					layout.region,
					...layout.stripes,
					...layout.ports.map((one) => one.box),
					...layout.devices.map((one) => one.box)
				];
				boxes.forEach((one, at) => {
					expect(one.x).toBeGreaterThanOrEqual(0);
					expect(one.x + one.width).toBeLessThanOrEqual(width + 0.01);
					expect(one.y + one.height).toBeLessThanOrEqual(layout.height);
					for (const other of boxes.slice(at + 1)) expect([one, other, overlap(one, other)]).toEqual([one, other, false]);
				});
				// Blocks, DAX device and region stand above one another: one scale of addresses.
				const [dax] = layout.daxes;
				expect(dax?.box.x).toBeCloseTo(xOf(layout, scene, dax!.dax.baseHpa));
				for (const { run, box } of layout.runs) expect(box.x).toBeCloseTo(xOf(layout, scene, run.first.id * scene.blockBytes));
			}
		});

	it('says in words what it draws, each part with a line', () => {
		const simulation = cxlMachine(PAIR);
		shell(simulation, newRegionLine(sceneOf(simulation), 4, null)!);
		const scene = sceneOf(simulation);
		const words = cxlWords(scene, null);
		expect(words).toContain('2 ways of 1\u2009KiB over port');
		expect(words).toContain(`by position ${scene.region!.targets.map((one) => one?.memdev).join(', ')}; committed, its driver is bound.`);
		expect(words).toContain('kmem: memory blocks of the system');
		expect(partWords(scene, { kind: 'memdev', name: scene.devices[0]!.name })).toMatchObject({
			line: `cxl list -M -m ${scene.devices[0]!.name} -D`
		});
		const parts: readonly CxlPart[] = [
			{ kind: 'window', name: scene.window.name },
			{ kind: 'region', name: 'region0' },
			{ kind: 'dax', name: 'dax0.0' },
			...scene.ports.map(({ port }): CxlPart => ({ kind: 'port', name: port.name })),
			...scene.devices.map((one): CxlPart => ({ kind: 'memdev', name: one.name }))
		];
		for (const part of parts) {
			const { line } = partWords(scene, part)!;
			expect([line, shell(simulation, line).rc]).toEqual([line, 0]);
		}
		expect(wayTo(scene, scene.devices[0]!.name)).toHaveLength(1);
	});

	it('lights one way for the followed byte: its stripe, the ports on the way, its device', () => {
		const simulation = cxlMachine({ bridges: [[256, 256, 256]], switched: true });
		shell(simulation, newRegionLine(sceneOf(simulation), 2, null)!);
		const scene = sceneOf(simulation);
		const layout = layoutCxl(1010, 430, scene);
		const answer = simulation.ask({ kind: 'translate', host: 'm', hpa: someByte(scene) }) as TranslationAnswer;
		const { thisRound, baseHpa, granularity, ways } = answer.window!;
		const hitAt = Math.floor((answer.hpa - baseHpa) / granularity) % ways;
		const lit = linksDown(scene, layout, thisRound, hitAt, answer.device).filter((link) => link.lit);
		expect(lit.map((link) => link.key)).toEqual([`s${hitAt}`, wayTo(scene, answer.device!)[1], answer.device]);
		expect(linksDown(scene, layout, thisRound, -1, null).some((link) => link.lit)).toBe(false);
	});

	it('draws many blocks of one state as one', () => {
		const simulation = cxlMachine({ bridges: [[16384]], online: 'offline', windows: [{ targets: [0], gib: 16 }] });
		shell(simulation, newRegionLine(sceneOf(simulation), 1, null)!);
		const { blocks } = sceneOf(simulation);
		expect(blocks.map((run) => [run.count, run.first.state])).toEqual([[128, 'offline']]);
	});
});
