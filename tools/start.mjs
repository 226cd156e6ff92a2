// `npm start`: builds the site when it is older than its sources, then serves it.
import { bold, seconds, stopwatch } from './console.mjs';
import { serve } from './serve.mjs';
import { buildSite, siteIsFresh } from './site.mjs';

if (siteIsFresh()) console.log('The built site is up to date.');
else {
	console.log('Building the site …');
	const elapsed = stopwatch();
	if (!(await buildSite())) {
		console.error('The site could not be built; the lines above say why.');
		process.exit(1);
	}
	console.log(`Built in ${bold(seconds(elapsed()))}.`);
}

serve(process.argv.slice(2)).catch((error) => {
	console.error(error.message);
	process.exitCode = 1;
});
