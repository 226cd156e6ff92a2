// Where things lie; Node built-ins only.
import { fileURLToPath } from 'node:url';
import { join } from 'node:path';

/** The folder of package.json. */
export const root = fileURLToPath(new URL('..', import.meta.url));

/** Everything that may be thrown away: browsers, bundles of tools, stamps. */
export const cacheFolder = join(root, 'node_modules', '.cache', 'switchyard');

/** The static site that `vite build` writes, where the build is not told another folder. */
export const siteFolder = join(root, 'build');

/** A second build of the site, made for a sub-folder of a host; see tests/e2e/isolation.spec.ts. */
export const siteUnderBase = { folder: join(cacheFolder, 'site-under-base'), base: '/repo-name' };
