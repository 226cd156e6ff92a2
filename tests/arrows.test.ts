import { spawnSync } from 'node:child_process';
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';

/**
 * The rules of `.dependency-cruiser.cjs` are themselves tested: a small tree breaks each of them
 * once, and keeps them once where a rule could be too strict.
 */
const root = fileURLToPath(new URL('..', import.meta.url));

const planted: Record<string, string> = {
	'src/lib/base/units.ts': `export const page = 4096;`,
	'src/lib/base/upward.ts': `import '../engine/contract/layout.ts';`,
	'src/lib/engine/contract/layout.ts': `import { page } from '../../base/units.ts'; export const row = page;`,
	'src/lib/engine/contract/downward.ts': `import '../sim/time.ts';`,
	'src/lib/engine/sim/time.ts': `import { row } from '../contract/layout.ts'; export const now = row;`,
	'src/lib/engine/mm/buddy.ts': `import { now } from '../sim/time.ts'; export const order = now;`,
	'src/lib/engine/mm/peek.ts': `import '../migration/precopy.ts';`,
	'src/lib/engine/mm/page-one.ts': `import './page-two.ts'; export const one = 1;`,
	'src/lib/engine/mm/page-two.ts': `import { one } from './page-one.ts'; export const two = one;`,
	'src/lib/engine/mm/alone.ts': `export const nobody = 'imports me';`,
	'src/lib/engine/mm/draw.ts': `import '../../viz/palette.ts';`,
	'src/lib/engine/mm/machine.ts': `import 'node:fs';`,
	'src/lib/engine/vdpa/device.ts': `import '../superpage/region.ts';`,
	'src/lib/engine/superpage/region.ts': `import { order } from '../mm/buddy.ts'; export const region = order;`,
	'src/lib/engine/migration/precopy.ts': `import { region } from '../superpage/region.ts'; export const copy = region;`,
	'src/lib/engine/workloads/web.ts': `import '../faults/cut.ts';`,
	'src/lib/engine/faults/cut.ts': `import { copy } from '../migration/precopy.ts'; export const cut = copy;`,
	'src/lib/engine/index.ts': `import { cut } from './faults/cut.ts'; export type World = typeof cut; export const world = cut;`,
	'src/lib/viz/palette.ts': `import { row } from '$lib/engine/contract/layout.ts'; export const hue = row;`,
	'src/lib/viz/typed.ts': `import type { World } from '$lib/engine/index.ts'; export type Drawn = World;`,
	'src/lib/viz/inside.ts': `import '$lib/engine/mm/buddy.ts';`,
	'src/lib/viz/runs.ts': `import { world } from '$lib/engine/index.ts'; export const drawn = world;`,
	'src/lib/client/session.ts': `import '$lib/viz/palette.ts';`,
	'src/lib/lessons/run.ts': `import '$lib/client/session.ts';`,
	'src/lib/ui/Panel.ts': `import '$lib/engine/contract/layout.ts';`,
	'src/lib/ui/page.ts': `import '../../routes/+page.ts';`,
	'src/routes/+page.ts': `import '$lib/viz/palette.ts'; import '$lib/client/session.ts'; import '$lib/engine/contract/layout.ts'; export const page = 1;`,
	'src/routes/+layout.ts': `import '$lib/engine/sim/time.ts';`,
	'src/routes/lost.ts': `import '$lib/base/nowhere.ts';`
};

/** `rule: from → to`, every one of which must be reported, and nothing else. */
const expected = [
	'lib-base: src/lib/base/upward.ts → src/lib/engine/contract/layout.ts',
	'engine-contract: src/lib/engine/contract/downward.ts → src/lib/engine/sim/time.ts',
	'engine-mm: src/lib/engine/mm/peek.ts → src/lib/engine/migration/precopy.ts',
	'no-cycles: src/lib/engine/mm/page-one.ts → src/lib/engine/mm/page-two.ts',
	'no-engine-orphans: src/lib/engine/mm/alone.ts → src/lib/engine/mm/alone.ts',
	'lib-engine: src/lib/engine/mm/draw.ts → src/lib/viz/palette.ts',
	'engine-needs-nothing: src/lib/engine/mm/machine.ts → fs',
	'engine-vdpa: src/lib/engine/vdpa/device.ts → src/lib/engine/superpage/region.ts',
	'engine-workloads: src/lib/engine/workloads/web.ts → src/lib/engine/faults/cut.ts',
	'lib-viz: src/lib/viz/inside.ts → src/lib/engine/mm/buddy.ts',
	'engine-index-types-only: src/lib/viz/runs.ts → src/lib/engine/index.ts',
	'lib-client: src/lib/client/session.ts → src/lib/viz/palette.ts',
	'lib-lessons: src/lib/lessons/run.ts → src/lib/client/session.ts',
	'lib-ui: src/lib/ui/Panel.ts → src/lib/engine/contract/layout.ts',
	'lib-ui: src/lib/ui/page.ts → src/routes/+page.ts',
	'lib-not-to-routes: src/lib/ui/page.ts → src/routes/+page.ts',
	'routes: src/routes/+layout.ts → src/lib/engine/sim/time.ts',
	'resolvable: src/routes/lost.ts → $lib/base/nowhere.ts'
];

interface Cruise {
	summary: { violations: { from: string; to: string; rule: { name: string } }[] };
}

describe('arrows', () => {
	let folder = '';
	let reported: string[] = [];

	beforeAll(() => {
		folder = mkdtempSync(join(tmpdir(), 'switchyard-arrows-'));

		planted['tsconfig.arrows.json'] = readFileSync(join(root, 'tsconfig.arrows.json'), 'utf8');
		for (const [name, text] of Object.entries(planted)) {
			mkdirSync(dirname(join(folder, name)), { recursive: true });
			writeFileSync(join(folder, name), text);
		}
		const tool = join(root, 'node_modules/dependency-cruiser/bin/dependency-cruise.mjs');
		const config = join(root, '.dependency-cruiser.cjs');
		const result = spawnSync(process.execPath, [tool, '--config', config, '--output-type', 'json', 'src'], {
			cwd: folder,
			encoding: 'utf8'
		});
		expect(result.stderr).toBe('');
		const { summary } = JSON.parse(result.stdout) as Cruise;
		reported = summary.violations.map(({ rule, from, to }) => `${rule.name}: ${from} → ${to}`);
	});

	afterAll(() => rmSync(folder, { recursive: true, force: true }));

	it.each(expected)('reports %s', (line) => {
		expect(reported).toContain(line);
	});

	it('reports nothing else', () => {
		expect(reported.filter((line) => !expected.includes(line))).toEqual([]);
	});
});
