import { mix32 } from '../../../base/hash.ts';
import { GIB, MIB, NS_PER_MS, NS_PER_S, PAGE_BYTES } from '../../../base/units.ts';
import { DIRTY_RATE_MODES, type DirtyRateMode } from '../../contract/migration/dirty-rate.ts';
import type { QmpArguments, QmpValue } from '../../contract/machine-commands.ts';
import { startLog, stopLog } from '../../hypervisor/dirty-log.ts';
import { catchUp } from '../../hypervisor/guest.ts';
import { refreshSpeed } from '../../hypervisor/speed.ts';
import { writtenOf } from '../../mm/space/written.ts';
import { EventKind } from '../../sim/event-kinds.ts';
import { schedule } from '../../sim/event-queue.ts';
import { emit } from '../../sim/trace.ts';
import type { DirtyRateRecord, QemuRecord } from '../../state/qemu-records.ts';
import type { VmRecord } from '../../state/records.ts';
import type { World } from '../../state/world.ts';
import { error, missing, NOTHING, wrongType, type MonitorAnswer, type MonitorWord } from './answer.ts';
import { processIndex } from './processes.ts';

/**
 * How fast a guest dirties its memory, as QEMU measures it (QEMU 10.2.2 migration/dirtyrate.c): pages picked at random and looked
 * at twice; a log of writes for the time; or, with a dirty ring, what each vCPU put into it. The figures are whole MiB/s, as there.
 */
const LEAST_MS = 50;
const MOST_MS = 60_000;
const LEAST_SAMPLES = 128;
const MOST_SAMPLES = 4096;
const USUAL_SAMPLES = 512;
/** Pages that are looked at in all; beyond 16 GiB the samples lie farther apart (our simplification). */
const MOST_LOOKED_AT = 8192;
/** Step of the event of a process (EventKind.monitor). */
export const RATE_ENDS = 2;

const ringOf = (world: World, process: QemuRecord): boolean => world.scenario.vms[process.vm]?.qemu?.dirtyRing !== undefined;

/** qmp_calc_dirty_rate, its questions in their order. */
export const calcDirtyRate: MonitorWord = ({ world, vm, vmIndex, process, cause }, given) => {
	const { mode = 'page-sampling' } = given;
	const asked = given['calc-time'];
	if (asked === undefined) return missing('calc-time');
	if (typeof asked !== 'number' || !Number.isInteger(asked)) return wrongType('calc-time', 'integer');
	if (typeof mode !== 'string' || !isMode(mode)) return error(`Parameter 'mode' does not accept value '${String(mode)}'`);
	if (process.dirtyRate?.status === 'measuring') return error('the dirty rate is already being measured.');
	const calcMs = given['calc-time-unit'] === 'millisecond' ? asked : asked * 1000;
	if (calcMs < LEAST_MS || calcMs > MOST_MS) return error(`Calculation time is out of range [${LEAST_MS}ms, ${MOST_MS}ms].`);
	const samples = samplesOf(given, mode);
	if (typeof samples !== 'number') return samples;
	if ((mode === 'dirty-ring') !== ringOf(world, process) && mode !== 'page-sampling')
		return error(`mode ${mode} is not enabled, use other method instead.`);
	if (mode === 'dirty-bitmap' && world.r.operations.some((operation) => operation.vm === vmIndex && operation.state === 'running'))
		return error('dirty-bitmap while a migration has the log: this model has one log for each VM (QEMU shares it)');
	catchUp(world, vmIndex);
	const record: DirtyRateRecord = {
		status: 'measuring',
		mode,
		startNs: world.r.nowNs,
		calcMs,
		samplePages: samples,
		picked: [],
		before: [],
		written: vm.writtenPages,
		rate: -1,
		perVcpu: 0
	};
	process.dirtyRate = record;
	if (mode === 'page-sampling') pick(world, vm, record);
	if (mode === 'dirty-bitmap') {
		startLog(world, vm, false);
		refreshSpeed(world, vm);
	}
	say(world, vm, cause, `the dirty rate of ${vm.id} is measured for ${calcMs} ms by ${mode}`, { mode, calcMs });
	schedule(world, world.r.nowNs + calcMs * NS_PER_MS, EventKind.monitor, processIndex(world, process), RATE_ENDS);
	return NOTHING;
};

const isMode = (text: string): text is DirtyRateMode => Object.hasOwn(DIRTY_RATE_MODES, text);

function samplesOf(given: QmpArguments, mode: DirtyRateMode): number | MonitorAnswer {
	const asked = given['sample-pages'];
	if (asked === undefined) return USUAL_SAMPLES;
	if (mode !== 'page-sampling') return error('sample-pages is used only in page-sampling mode');
	if (typeof asked !== 'number' || !Number.isInteger(asked)) return wrongType('sample-pages', 'integer');
	if (asked < LEAST_SAMPLES || asked > MOST_SAMPLES) return error(`sample-pages is out of range[${LEAST_SAMPLES}, ${MOST_SAMPLES}].`);
	return asked;
}

/** Pages by chance, some twice, and how often each was written by now (save_ramblock_hash). */
function pick(world: World, vm: VmRecord, record: DirtyRateRecord): void {
	const count = Math.min(MOST_LOOKED_AT, Math.floor((vm.pageCount * PAGE_BYTES * record.samplePages) / GIB));
	for (let index = 0; index < count; index += 1) {
		const gfn = mix32(world.scenario.seed, world.r.traceCount, index) % Math.max(1, vm.pageCount - 1);
		record.picked.push(gfn);
		record.before.push(writtenOf(world, vm, gfn));
	}
}

/** The time is over. */
export function endRate(world: World, process: QemuRecord): void {
	const record = process.dirtyRate;
	const vm = world.r.vms[process.vm] as VmRecord;
	if (record?.status !== 'measuring') return;
	catchUp(world, process.vm);
	const ms = Math.max(1, Math.round((world.r.nowNs - record.startNs) / NS_PER_MS));
	record.status = 'measured';
	if (record.mode === 'page-sampling') {
		const changed = record.picked.filter((gfn, index) => writtenOf(world, vm, gfn) !== record.before[index]).length;
		const wholeMiB = Math.floor((vm.pageCount * PAGE_BYTES) / MIB);
		record.rate = Math.floor((changed * wholeMiB * 1000) / (Math.max(1, record.picked.length) * ms));
		record.picked = [];
		record.before = [];
	} else if (record.mode === 'dirty-bitmap') {
		record.rate = Math.floor((Math.floor((vm.loggedPages * PAGE_BYTES) / MIB) * 1000) / ms);
		stopLog(world, vm);
		refreshSpeed(world, vm);
	} else {
		// Every write armed anew makes an entry; vCPUs write alike (our simplification).
		record.perVcpu = Math.floor((Math.floor(((vm.writtenPages - record.written) * PAGE_BYTES) / vm.vcpus / MIB) * 1000) / ms);
		record.rate = record.perVcpu * vm.vcpus;
	}
	say(world, vm, null, `dirty rate of ${vm.id} by ${record.mode}: ${record.rate} MiB/s`, { mode: record.mode, rate: record.rate });
}

/** A migration takes the log: what was measured until now counts. */
export function endLoggedRates(world: World, vmIndex: number): void {
	for (const process of world.r.qemu ?? [])
		if (process.vm === vmIndex && process.dirtyRate?.mode === 'dirty-bitmap') endRate(world, process);
}

/** query-dirty-rate. */
export function queryDirtyRate(process: QemuRecord, given: QmpArguments, vcpus: number): QmpValue {
	const record = process.dirtyRate;
	const unit = given['calc-time-unit'] === 'millisecond' ? 'millisecond' : 'second';
	const calcMs = record?.calcMs ?? 0;
	const measured = record?.status === 'measured';
	const ring = measured && record.mode === 'dirty-ring';
	return {
		...(measured ? { 'dirty-rate': record.rate } : {}),
		status: record?.status ?? 'unstarted',
		'start-time': Math.floor((record?.startNs ?? 0) / NS_PER_S),
		'calc-time': unit === 'second' ? Math.floor(calcMs / 1000) : calcMs,
		'calc-time-unit': unit,
		'sample-pages': measured && record.mode !== 'page-sampling' ? 0 : (record?.samplePages ?? 0),
		mode: record?.mode ?? 'page-sampling',
		...(ring ? { 'vcpu-dirty-rate': Array.from({ length: vcpus }, (_, id) => ({ id, 'dirty-rate': record.perVcpu })) } : {})
	};
}

function say(world: World, vm: VmRecord, cause: number | null, text: string, values: Record<string, string | number>): void {
	emit(world, { kind: 'step', rule: 'dirty-rate', cause, vm: vm.id, values: { step: 'dirty-rate', ...values }, text });
}
