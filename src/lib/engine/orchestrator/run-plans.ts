import { costNs } from '../costs/cost-model.ts';
import { FabricTimerKind, scheduleFabricTimer } from '../fabric/timers.ts';
import { RETURN_CODES } from '../fabric/outcome.ts';
import { emit } from '../sim/trace.ts';
import type { MessageRecord, PlanRecord } from '../state/fabric-records.ts';
import type { World } from '../state/world.ts';
import { outcomeWords, receiveAct, sendAct } from './acts.ts';
import { PLANS, stepsOf, type PlanStep, type PlanValues } from './plans.ts';
import { hopeless, isSo } from './untils.ts';

/** Takes plans from step to step: begin, wait for what the step promised, try again, go on or give up. */
const MS = 1_000_000;
const RETRY_MS = 200;

export type Started = { readonly ok: true; readonly id: number } | { readonly ok: false; readonly says: string };

export function startPlan(world: World, name: string, values: PlanValues, cause: number | null): Started {
	const { fabric, nowNs } = world.r;
	const definition = Object.hasOwn(PLANS, name) ? PLANS[name] : undefined;
	if (!definition) return { ok: false, says: `no plan is called "${name}"; there are ${Object.keys(PLANS).join(', ')}` };
	for (const need of definition.needs)
		if (values[need] === undefined || values[need] === '') return { ok: false, says: `plan ${name} needs ${need}` };
	if (stepsOf(name, values).length === 0) return { ok: false, says: `plan ${name} has no steps with these values` };
	const plan: PlanRecord = {
		id: fabric.plans.length + 1,
		plan: name,
		values: { ...values },
		step: 0,
		state: 'running',
		reason: null,
		startNs: nowNs,
		endNs: -1,
		stepNs: nowNs,
		deadlineNs: nowNs,
		tries: 0,
		acted: 'no',
		notes: [],
		causeSeq: cause
	};
	fabric.plans.push(plan);
	return { ok: true, id: plan.id };
}

/** Everything that may go on goes on. Called after whatever happened in the fabric. */
export function runPlans(world: World): void {
	for (const plan of world.r.fabric.plans) if (plan.state === 'running') runPlan(world, plan);
}

function runPlan(world: World, plan: PlanRecord): void {
	const steps = stepsOf(plan.plan, plan.values);
	for (;;) {
		const step = steps[plan.step];
		if (!step) {
			end(world, plan, null);
			return;
		}
		if (plan.tries === 0 && !begin(world, plan, step)) continue;
		if (!mayGoOn(world, plan, step)) return;
	}
}

/** False when the step is left out. */
function begin(world: World, plan: PlanRecord, step: PlanStep): boolean {
	const { nowNs } = world.r;
	const left = String(plan.values['skip'] ?? '')
		.split(',')
		.map((each) => each.trim());
	if (left.includes(String(plan.step + 1))) return leaveOut(plan, 'left out');
	if (step.unlessSo && isSo(world, plan, step)) return leaveOut(plan, 'not needed');
	plan.tries = 1;
	plan.stepNs = nowNs;
	if (step.afterMs !== undefined && step.afterMs !== 0) {
		plan.acted = 'waiting';
		plan.deadlineNs = step.afterMs < 0 ? Number.MAX_SAFE_INTEGER : nowNs + step.afterMs * MS;
		if (step.afterMs > 0) scheduleFabricTimer(world, plan.deadlineNs, FabricTimerKind.plan, plan.id);
	} else act(world, plan, step);
	return true;
}

function leaveOut(plan: PlanRecord, why: string): false {
	plan.notes[plan.step] = why;
	plan.step += 1;
	return false;
}

const RULE_OF_PLAN: Readonly<Record<string, 'recall-ladder' | 'plan-step' | 'guest-ways' | 'guest-prepopulate'>> = {
	recall: 'recall-ladder',
	serve: 'plan-step',
	'move-by-removal': 'guest-ways',
	'move-prepopulated': 'guest-ways',
	prepopulate: 'guest-prepopulate',
	'move-shared': 'guest-ways'
};

function act(world: World, plan: PlanRecord, step: PlanStep): void {
	if (plan.tries === 1)
		plan.causeSeq = emit(world, {
			kind: 'plan',
			rule: RULE_OF_PLAN[plan.plan] ?? 'sharing-recipe',
			cause: plan.causeSeq,
			host: step.host,
			values: { plan: plan.id, step: plan.step + 1 },
			text: `step ${plan.step + 1}: ${step.says}`
		});
	plan.acted = step.act === null ? 'done' : 'sent';
	if (step.act !== null) sendAct(world, plan, step, plan.causeSeq);
	plan.deadlineNs = world.r.nowNs + step.patienceMs * MS;
	scheduleFabricTimer(world, plan.deadlineNs, FabricTimerKind.plan, plan.id);
	if (step.until === 'decided')
		scheduleFabricTimer(world, world.r.nowNs + costNs(world.costs, 'orchestratorAllocMs'), FabricTimerKind.plan, plan.id);
}

/** True when the plan stands before another step now. */
function mayGoOn(world: World, plan: PlanRecord, step: PlanStep): boolean {
	const { nowNs } = world.r;
	if (plan.acted === 'waiting') {
		if (nowNs < plan.deadlineNs) return false;
		act(world, plan, step);
		return false;
	}
	if (plan.acted === 'done' && isSo(world, plan, step)) {
		next(plan);
		return true;
	}
	if (plan.acted === 'retry') {
		if (nowNs < plan.deadlineNs) return false;
		if (plan.tries > (step.again ?? 0)) return inVain(world, plan, step, plan.notes[plan.step] ?? 'refused');
		plan.tries += 1;
		act(world, plan, step);
		return false;
	}
	const lost = hopeless(world, plan, step);
	if (lost !== null) return inVain(world, plan, step, lost);
	if (nowNs < plan.deadlineNs) return false;
	if (plan.tries <= (step.again ?? 0)) {
		plan.tries += 1;
		act(world, plan, step);
		return false;
	}
	return inVain(world, plan, step, plan.acted === 'sent' ? 'nobody answers' : `waited ${step.patienceMs / 1000} s in vain`);
}

function next(plan: PlanRecord): void {
	plan.notes[plan.step] ??= 'done';
	plan.step += 1;
	plan.tries = 0;
	plan.acted = 'no';
}

function inVain(world: World, plan: PlanRecord, step: PlanStep, why: string): boolean {
	plan.notes[plan.step] = why;
	if (step.inVain === 'next') {
		plan.step += 1;
		plan.tries = 0;
		plan.acted = 'no';
		return true;
	}
	// What earlier steps were tried in vain is part of the reason.
	const tried = stepsOf(plan.plan, plan.values)
		.slice(0, plan.step)
		.flatMap((each, index) => (each.inVain === 'next' ? [`step ${index + 1}: ${plan.notes[index] ?? ''}`] : []));
	end(world, plan, [...tried, `step ${plan.step + 1}: ${why}`].join('; '));
	return false;
}

function end(world: World, plan: PlanRecord, reason: string | null): void {
	plan.state = reason === null ? 'done' : 'failed';
	plan.reason = reason;
	plan.endNs = world.r.nowNs;
	emit(world, {
		kind: 'plan',
		rule: 'plan-step',
		cause: plan.causeSeq,
		values: { plan: plan.id, state: plan.state },
		text: `plan ${plan.id}, ${PLANS[plan.plan]?.title ?? plan.plan}: ${reason === null ? 'done' : `given up, ${reason}`}`
	});
}

/** An act of a plan has arrived. True when the message was one. */
export function receivePlanMessage(world: World, message: MessageRecord): boolean {
	if (message.opcode !== 'plan') return false;
	const plan = world.r.fabric.plans.find((each) => each.id === message.payload['plan']);
	const step = plan ? stepsOf(plan.plan, plan.values)[plan.step] : undefined;
	if (!plan || !step || plan.state !== 'running' || plan.acted !== 'sent' || message.payload['step'] !== plan.step) return true;
	const outcome = receiveAct(world, message, plan, step);
	if (outcome === null) return true;
	message.code = outcome.code;
	plan.notes[plan.step] = outcomeWords(outcome);
	if (outcome.code === RETURN_CODES.success) plan.acted = 'done';
	else if (outcome.code === RETURN_CODES.retryRequired || outcome.code === RETURN_CODES.busy) {
		plan.acted = 'retry';
		plan.deadlineNs = world.r.nowNs + RETRY_MS * MS;
		scheduleFabricTimer(world, plan.deadlineNs, FabricTimerKind.plan, plan.id);
	} else refusedStep(world, plan, step, outcomeWords(outcome));
	return true;
}

function refusedStep(world: World, plan: PlanRecord, step: PlanStep, why: string): void {
	inVain(world, plan, step, why);
}

/** A wait of a plan is over; what follows is decided with everything else. */
export function runPlanTimer(world: World, id: number): void {
	const plan = world.r.fabric.plans.find((each) => each.id === id);
	if (plan?.state === 'running') runPlan(world, plan);
}

export function stopPlan(world: World, id: number): boolean {
	const plan = world.r.fabric.plans.find((each) => each.id === id && each.state === 'running');
	if (!plan) return false;
	end(world, plan, `stopped at step ${plan.step + 1}`);
	return true;
}

/** A plan that waits for a word goes on. */
export function goOn(world: World, id: number): boolean {
	const plan = world.r.fabric.plans.find((each) => each.id === id && each.state === 'running' && each.acted === 'waiting');
	if (!plan) return false;
	plan.deadlineNs = world.r.nowNs;
	return true;
}
