// `npm run check`: everything that can be said without running the program, in under a minute.
import { stopwatch, seconds } from './console.mjs';
import { formatStage, runStages, staticStages, syncStage, tidyStage } from './stages.mjs';

const elapsed = stopwatch();
const results = [
	...(await runStages([syncStage])),
	...(await runStages([...staticStages, tidyStage, formatStage]))
];
const failed = results.filter((result) => !result.passed);
console.log(
	failed.length === 0
		? `All ${results.length} checks passed in ${seconds(elapsed())}.`
		: `Failed: ${failed.map((result) => result.name).join(', ')} (${seconds(elapsed())}).`
);
process.exitCode = failed.length === 0 ? 0 : 1;
