import * as v from 'valibot';
import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { fabricDeviceSchema, fabricRegionSchema, type FabricDeviceScenario } from './fabric-schema.ts';

/** A device or a region as a command gives it, by the rules of the scenario format. */
export function readFabricDevice(value: unknown): Outcome<FabricDeviceScenario, 'bad-command'> {
	const read = v.safeParse(fabricDeviceSchema, value);
	return read.success ? ok(read.output) : refused('bad-command', firstIssue(read.issues));
}

export function readFabricRegion(value: unknown): Outcome<FabricDeviceScenario['regions'][number], 'bad-command'> {
	const read = v.safeParse(fabricRegionSchema, value);
	return read.success ? ok(read.output) : refused('bad-command', firstIssue(read.issues));
}

function firstIssue(issues: readonly [v.BaseIssue<unknown>, ...v.BaseIssue<unknown>[]]): string {
	const [first] = issues;
	const place = v.getDotPath(first);
	return place === null ? first.message : `${place}: ${first.message}`;
}
