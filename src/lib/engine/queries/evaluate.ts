import type { Expression, QuantityName } from '../contract/queries.ts';
import { checkAll } from '../sim/invariants.ts';
import type { OperationRecord } from '../state/records.ts';
import type { World } from '../state/world.ts';
import { proveContent } from '../whole/content.ts';
import { INVARIANTS } from '../whole/index.ts';
import { fabricQuantity, isFabricQuantity } from './fabric-quantities.ts';
import { machineQuantity } from './machine-quantities.ts';
import { bytesLeft } from './left.ts';
import { isSuperpageQuantity, superpageQuantity } from './superpage-quantities.ts';
import { isRackQuantity, rackQuantity } from './rack-quantities.ts';
import { isReferenceQuantity, referenceQuantity } from './reference-quantities.ts';
import { isVdpaQuantity, vdpaQuantity, wrongDma } from './vdpa-quantities.ts';

/** Quantities by name. Each is a number; a migration that does not exist yet counts as not completed, −1 for its times. */
const READ: Readonly<Record<QuantityName, (world: World, last: OperationRecord | undefined) => number>> = {
	nowNs: (world) => world.r.nowNs,
	completed: (_, last) => (last?.state === 'completed' ? 1 : 0),
	failed: (_, last) => (last?.state === 'failed' ? 1 : 0),
	cancelled: (_, last) => (last?.state === 'cancelled' ? 1 : 0),
	runsOnTarget: (world, last) => {
		const vm = last && world.r.vms[last.vm];
		return vm && vm.vcpuState === 'running' && vm.instances[vm.running] === last.target ? 1 : 0;
	},
	downtimeNs: (_, last) => (last && last.resumedNs >= 0 ? last.resumedNs - last.stoppedNs : -1),
	totalNs: (_, last) => (last?.state === 'completed' ? last.endNs - last.startNs : -1),
	networkBytes: (_, last) => last?.networkBytes ?? 0,
	cxlBytes: (_, last) => last?.cxlBytes ?? 0,
	leftBytes: (world, last) => (last ? bytesLeft(world, last.vm) : 0),
	rounds: (_, last) => last?.round ?? 0,
	lostWorkNs: (world) => world.r.vms.reduce((sum, vm) => sum + vm.lostWorkNs, 0),
	worstSpeedPpm: (world) => Math.min(...world.r.vms.map((vm) => vm.worstSpeedPpm)),
	retriedFolios: (_, last) => last?.retriedFolios ?? 0,
	proofHolds: (world) => (proveContent(world).found === null ? 1 : 0),
	invariantsHold: (world) => (checkAll(world, INVARIANTS).every((verdict) => verdict.holds) ? 1 : 0),
	commandCount: (world) => world.journal.length,
	losses: ({ r }) =>
		r.marks.filter((mark) => !mark.startsWith('planted fault')).length +
		(r.rack?.losses ?? []).filter((loss) => !loss.registersWhole || loss.dramPages + loss.lines > 0).length,
	wrongDma: (world) => wrongDma(world),
	vmsLost: (world) => vmsLost(world)
};

/** A VM that died with its host, or stands still with no migration under way, on a host that does not only stand still itself. */
function vmsLost({ r }: World): number {
	return r.vms.filter((vm, index) => {
		if (vm.vcpuState === 'running') return false;
		const isMoving = r.operations.some((operation) => operation.vm === index && operation.state === 'running');
		const mine = r.rack?.vms[index];
		const waits =
			mine?.held === true ||
			mine?.stalled === true ||
			mine?.checkpointing === true ||
			r.hosts[vm.instances[vm.running] as number]?.power === 'paused';
		return vm.vcpuState === 'lost' || !(isMoving || waits);
	}).length;
}

const DEEPEST = 64;

/** The value of an expression, or null when it is not well-formed. Never throws. */
export function evaluate(world: World, expression: Expression, depth = 0): number | boolean | null {
	if (typeof expression === 'number' || typeof expression === 'boolean') return expression;
	if (depth > DEEPEST || typeof expression !== 'object' || expression === null) return null;
	if ('q' in expression && 'of' in expression && isFabricQuantity(expression.q)) return fabricQuantity(world, expression.q, expression.of);
	if ('q' in expression && 'of' in expression && isVdpaQuantity(expression.q)) return vdpaQuantity(world, expression.q, expression.of);
	if ('q' in expression && 'of' in expression && isSuperpageQuantity(expression.q)) return superpageQuantity(expression.q, expression.of);
	if ('q' in expression && 'of' in expression && isRackQuantity(expression.q)) return rackQuantity(world, expression.q, expression.of);
	if ('q' in expression && 'of' in expression && isReferenceQuantity(expression.q))
		return referenceQuantity(world, expression.q, expression.of);
	if ('q' in expression && 'of' in expression) return machineQuantity(world, expression.q, expression.of);
	if ('q' in expression) {
		if (!Object.hasOwn(READ, expression.q)) return null;
		return READ[expression.q](world, world.r.operations.at(-1));
	}
	if (!Array.isArray(expression.args)) return null;
	const values: (number | boolean)[] = [];
	for (const argument of expression.args) {
		const value = evaluate(world, argument, depth + 1);
		if (value === null) return null;
		values.push(value);
	}
	return apply(expression.op, values);
}

function apply(op: string, values: readonly (number | boolean)[]): number | boolean | null {
	const numbers = values.map(Number);
	const [a = 0, b = 0] = numbers;
	switch (op) {
		case '+':
			return numbers.reduce((sum, value) => sum + value, 0);
		case '*':
			return numbers.reduce((product, value) => product * value, 1);
		case '-':
			return numbers.length === 1 ? -a : a - b;
		case '/':
			return b === 0 ? null : a / b;
		case '<':
			return a < b;
		case '<=':
			return a <= b;
		case '==':
			return a === b;
		case '>=':
			return a >= b;
		case '>':
			return a > b;
		case 'and':
			return values.every(Boolean);
		case 'or':
			return values.some(Boolean);
		case 'not':
			return !values[0];
		default:
			return null;
	}
}
