import type { PolicyRecord } from '../state/machine-records.ts';
import { rangeList } from './pad.ts';

const NAMES: Readonly<Record<PolicyRecord['mode'], string>> = {
	default: 'default',
	preferred: 'prefer',
	bind: 'bind',
	interleave: 'interleave',
	local: 'local',
	'preferred-many': 'prefer (many)',
	'weighted-interleave': 'weighted interleave'
};

/** A mempolicy as numa_maps prints it (Linux 7.2.13 mm/mempolicy.c, mpol_to_str): bind=static:1, interleave:0-1. */
export function policyWords(policy: PolicyRecord | null): string {
	if (policy === null || policy.mode === 'default') return NAMES.default;
	const flags = [policy.static ? 'static' : '', policy.balancing ? 'balancing' : ''].filter((flag) => flag !== '');
	const nodes = rangeList(policy.nodes);
	return `${NAMES[policy.mode]}${flags.length > 0 ? `=${flags.join('|')}` : ''}${nodes === '' ? '' : `:${nodes}`}`;
}
