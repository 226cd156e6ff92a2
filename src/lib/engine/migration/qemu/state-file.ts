import type { QemuRecord } from '../../state/qemu-records.ts';
import { beginMigration, withDefaults } from '../begin.ts';
import { NOTHING, type MonitorAnswer, type Spoken } from './answer.ts';
import { failLoad, loadProblem } from './incoming.ts';
import { newMonitored } from './monitored.ts';
import { processIndex } from './processes.ts';
import { memoryNameOf } from './ram-blocks.ts';

/**
 * A VM that lies in a file is loaded by a process that reads it. Our simplification: what the file holds is what the process that
 * wrote it still holds, stopped, so that its pages are read from there.
 */

/** The process whose guest lies in this file. */
export const fileOf = ({ world, vmIndex }: Spoken, path: string): QemuRecord | undefined =>
	world.r.qemu?.find((record) => record.vm === vmIndex && record.file === path && record.outgoing === 'completed');

export function loadFile(spoken: Spoken, writer: QemuRecord): MonitorAnswer {
	const { world, vm, vmIndex, process, cause } = spoken;
	const lines = loadProblem(writer, process, memoryNameOf(world, vmIndex));
	process.listening = null;
	if (lines.length > 0) {
		failLoad(world, process, lines);
		return NOTHING;
	}
	const operation = beginMigration(world, {
		strategy: 'precopy',
		vm: vmIndex,
		source: vm.instances[vm.running] as number,
		target: process.host,
		parameters: withDefaults(world, { maxBandwidthBytesPerSecond: 0 }),
		cause,
		extra: {
			monitored: newMonitored(-1, processIndex(world, process)),
			...(world.r.operations[writer.operation - 1]?.wasStopped ? { wasStopped: true as const } : {})
		}
	});
	process.operation = operation.id;
	return { ok: true, value: {}, operation: operation.id };
}
