import { GUEST_PLANS } from './guests/plans.ts';
import type { PlanStep, PlanValues } from './plan-steps.ts';

export type { ActName, PlanStep, PlanValues, UntilName } from './plan-steps.ts';

/**
 * What the orchestrator can carry out, as data: the seven steps of seed S1, the sharing recipes of CXL 4.0 9.13.3.2, and the
 * ladder of polite ways and big hammers. A step is one act, what it waits for, and how long.
 */
const text = (values: PlanValues, name: string, otherwise = ''): string => String(values[name] ?? otherwise);
const figure = (values: PlanValues, name: string, otherwise: number): number => Number(values[name] ?? otherwise);

const ACCEPT_MS = 30_000;
const LAUNCH_MS = 600_000;
const RETURN_MS = 5_000;

/** Seed S1, steps 1 to 7. */
function serve(values: PlanValues): PlanStep[] {
	const host = text(values, 'host');
	const app = text(values, 'app', 'db');
	const kind = text(values, 'kind', 'database');
	const tag = text(values, 'tag');
	return [
		{ says: `decide that ${app} runs on ${host}`, act: null, host, until: 'decided', patienceMs: 1000, inVain: 'fail' },
		{
			says: `have capacity offered to ${host} under tag ${tag}`,
			act: 'offer',
			host,
			until: null,
			patienceMs: 60_000,
			again: 5,
			inVain: 'fail'
		},
		{ says: `${host} accepts and makes a DAX device of it`, act: null, host, until: 'capacity', patienceMs: ACCEPT_MS, inVain: 'fail' },
		{
			says: `tell ${host} to launch ${app} on tag ${tag}`,
			act: 'launch',
			host,
			app,
			kind,
			until: null,
			patienceMs: 10_000,
			inVain: 'fail'
		},
		{ says: `${app} maps it and loads its data`, act: null, host, app, until: 'running', patienceMs: LAUNCH_MS, inVain: 'fail' },
		{
			says: `tell ${host} to close ${app}`,
			act: 'close',
			host,
			app,
			until: 'closed',
			afterMs: figure(values, 'useMs', 1000),
			patienceMs: 60_000,
			inVain: 'fail'
		},
		{ says: `ask for tag ${tag} back`, act: 'ask-back', host, until: 'returned', patienceMs: RETURN_MS, again: 3, inVain: 'fail' }
	];
}

/** CXL 4.0 9.13.3.2: one writes, the manager holds the content, many read. `reference: false` leaves the reference out. */
function writeOnceReadMany(values: PlanValues): PlanStep[] {
	const writer = text(values, 'writer');
	const tag = text(values, 'tag');
	const app = text(values, 'app', 'writer');
	const readers = text(values, 'readers')
		.split(',')
		.map((each) => each.trim())
		.filter((each) => each !== '');
	const held = values['reference'] !== false;
	const steps: PlanStep[] = [
		{ says: `offer ${tag} to ${writer}`, act: 'offer', host: writer, until: 'capacity', patienceMs: ACCEPT_MS, inVain: 'fail' },
		{
			says: `${app} writes on ${writer}`,
			act: 'launch',
			host: writer,
			app,
			kind: 'writer',
			until: 'running',
			patienceMs: LAUNCH_MS,
			inVain: 'fail'
		},
		{ says: `${app} closes: everything is flushed`, act: 'close', host: writer, app, until: 'closed', patienceMs: 60_000, inVain: 'fail' }
	];
	if (held)
		steps.push({
			says: `hold ${tag}: its content outlives every host`,
			act: 'add-reference',
			host: writer,
			until: null,
			patienceMs: 10_000,
			inVain: 'fail'
		});
	steps.push({
		says: `ask ${writer} for ${tag} back`,
		act: 'ask-back',
		host: writer,
		until: 'returned',
		patienceMs: RETURN_MS,
		again: 3,
		inVain: 'fail'
	});
	for (const host of readers) {
		const reader = `${app}-${host}`;
		steps.push(
			{ says: `let ${host} share ${tag}`, act: 'share', host, until: 'capacity', patienceMs: ACCEPT_MS, inVain: 'fail' },
			{
				says: `${reader} reads on ${host}`,
				act: 'launch',
				host,
				app: reader,
				kind: 'reader',
				until: 'running',
				patienceMs: LAUNCH_MS,
				inVain: 'fail'
			}
		);
	}
	if (held)
		steps.push({
			says: `let go of ${tag}: it ends with its last reader`,
			act: 'remove-reference',
			host: writer,
			until: null,
			patienceMs: 10_000,
			inVain: 'fail'
		});
	return steps;
}

/** One host after the other, contents kept: the same recipe with one reader (CXL 4.0 9.13.3.2, temporal sharing). */
const temporalSharing = (values: PlanValues): PlanStep[] =>
	writeOnceReadMany({ ...values, writer: text(values, 'from'), readers: text(values, 'to') });

const RUNGS: Readonly<Record<string, (host: string, tag: string, patienceMs: number) => PlanStep>> = {
	vacate: (host, tag, patienceMs) => ({
		says: `ask ${host} to close or empty what uses ${tag || 'it'}`,
		act: 'vacate',
		host,
		until: 'vacated',
		patienceMs,
		inVain: 'next',
		unlessSo: true
	}),
	ask: (host, tag, patienceMs) => ({
		says: `ask ${host} for ${tag || 'everything'} back`,
		act: 'ask-back',
		host,
		until: 'returned',
		patienceMs,
		inVain: 'next',
		unlessSo: true
	}),
	force: (host, tag, patienceMs) => ({
		says: `take ${tag || 'everything'} from ${host} by force`,
		act: 'force-back',
		host,
		until: 'returned',
		patienceMs,
		inVain: 'next',
		unlessSo: true
	}),
	access: (host, _tag, patienceMs) => ({
		says: `take the access of ${host} away at the device`,
		act: 'take-access',
		host,
		until: 'returned',
		patienceMs,
		inVain: 'next',
		unlessSo: true
	}),
	unbind: (host, _tag, patienceMs) => ({
		says: `unbind the device from ${host}`,
		act: 'unbind',
		host,
		until: 'returned',
		patienceMs,
		inVain: 'next',
		unlessSo: true
	}),
	reset: (host, _tag, patienceMs) => ({
		says: `reset the logical device of ${host}`,
		act: 'reset',
		host,
		until: 'returned',
		patienceMs,
		inVain: 'next',
		unlessSo: true
	}),
	power: (host, _tag, patienceMs) => ({
		says: `switch ${host} off`,
		act: 'power-off',
		host,
		until: 'returned',
		patienceMs,
		inVain: 'fail',
		unlessSo: true
	})
};
export const RUNG_NAMES = Object.keys(RUNGS);

/** From the polite ways to the big hammers, as far as `rungs` names them. */
function recall(values: PlanValues): PlanStep[] {
	const host = text(values, 'host');
	const rungs = text(values, 'rungs', 'vacate,ask').split(',');
	const steps = rungs.flatMap((rung) => {
		const make = RUNGS[rung.trim()];
		return make ? [make(host, text(values, 'tag'), figure(values, 'patienceMs', 60_000))] : [];
	});
	const last = steps.at(-1);
	return last ? [...steps.slice(0, -1), { ...last, inVain: 'fail' }] : [];
}

export interface PlanDefinition {
	readonly title: string;
	readonly needs: readonly string[];
	readonly stepsFor: (values: PlanValues) => PlanStep[];
}

export const PLANS: Readonly<Record<string, PlanDefinition>> = {
	serve: { title: 'offer, accept, use, release', needs: ['host', 'tag', 'bytes', 'device'], stepsFor: serve },
	'write-once-read-many': {
		title: 'write once, read many',
		needs: ['writer', 'readers', 'tag', 'bytes', 'device'],
		stepsFor: writeOnceReadMany
	},
	'temporal-sharing': { title: 'temporal sharing', needs: ['from', 'to', 'tag', 'bytes', 'device'], stepsFor: temporalSharing },
	...GUEST_PLANS,
	recall: { title: 'recall', needs: ['host', 'device'], stepsFor: recall }
};

export function stepsOf(plan: string, values: PlanValues): PlanStep[] {
	return PLANS[plan]?.stepsFor(values) ?? [];
}
