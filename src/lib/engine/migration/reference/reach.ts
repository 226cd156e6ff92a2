import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import type { World } from '../../state/world.ts';
import { hostName } from '../operation.ts';

/** Whether a host is there and reaches the pool now: only then it accepts capacity, maps it, or runs a vCPU on it. */
export function reaches(world: World, host: number): Outcome<null, 'host-not-up' | 'no-shared-memory' | 'pool-lost'> {
	const name = hostName(world, host);
	const power = world.r.hosts[host]?.power;
	if (power !== 'up') return refused('host-not-up', `${name} is ${power ?? 'not there'}`);
	const peer = world.r.rack?.peers[host];
	if (world.r.rack?.poolLost) return refused('pool-lost', 'the pool has failed');
	if (world.r.rack?.switchCut) return refused('no-shared-memory', 'the CXL switch is down');
	if (peer?.cxlCut) return refused('no-shared-memory', `the CXL link of ${name} is cut`);
	if (peer?.deviceFenced) return refused('no-shared-memory', `the device refuses ${name}`);
	return ok(null);
}
