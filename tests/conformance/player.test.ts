/**
 * Goal: recordings that leave things out, name what nobody knows or use the shell are played as far as they go.
 * Method: small cases of our own in the recordings' schema.
 */
import { describe, expect, it } from 'vitest';
import type { RecordedCase, RecordedStep } from '../../tools/conformance/case.ts';
import { playVirtio } from '../../tools/conformance/play-virtio.ts';
import { playZones } from '../../tools/conformance/play-zones.ts';
import { THREE_NODES, VIRTIO_MEM } from '../support/machines.ts';

function recording(family: string, steps: RecordedStep[], config: Record<string, unknown> = {}): RecordedCase {
	const args = (family === 'virtio-mem' ? VIRTIO_MEM : THREE_NODES).split(' ');
	return { schema: 1, id: `${family}/own`, family, title: 'own', config: { qemu_args: args, ...config }, steps, outcome: null };
}
const zones = (steps: RecordedStep[], config = {}): ReturnType<typeof playZones> => playZones(recording('zones-hotplug', steps, config));
const virtio = (steps: RecordedStep[], config = {}): ReturnType<typeof playVirtio> => playVirtio(recording('virtio-mem', steps, config));

const dimm: RecordedStep = { op: 'hotplug-dimm', id: 'dimm0', size: 2 ** 29, node: 2 };
const layout: RecordedStep = { op: 'layout' };
const guest: RecordedStep = { op: 'guest-state' };
const shell = (what: string): RecordedStep => ({ op: 'guest-shell', what });
const lastBlocks = (answer: { steps: unknown[] }): string =>
	JSON.stringify(
		(answer.steps.at(-1) as { blocks?: unknown; device_memory_blocks?: unknown }).blocks ??
			(answer.steps.at(-1) as { device_memory_blocks?: unknown }).device_memory_blocks
	);

describe('what a recording leaves out', () => {
	it('steps without their observations are played and not compared', () => {
		const answer = zones([
			dimm,
			{ op: 'write-block-state', block: 32, value: 'online_movable' },
			{ op: 'process' },
			{ op: 'process-ends' },
			{ op: 'qmp', command: 'query-status' },
			layout
		]);
		expect(answer.difference).toBeNull();
		expect(answer.unanswered).toEqual([]);
		const device = virtio([
			{ op: 'start' },
			{ op: 'set-requested-size', value: 2 ** 28 },
			{ op: 'watch' },
			{ op: 'guest-process' },
			{ op: 'devices-left' },
			guest
		]);
		expect(device.difference).toBeNull();
		expect(device.unanswered).toEqual([]);
	});

	it('an unknown step is counted as not answered, and those after it are played', () => {
		const answer = zones([{ op: 'sing' }, dimm]);
		expect(answer.unanswered).toEqual(['sing']);
		expect(answer.steps[1]).toMatchObject({ result: { ok: true } });
	});
});

it('a process ends that still holds something, whatever ran in between', () => {
	const answer = zones([
		{ op: 'process-holds', ops: ['map a 16M', 'touch a'] },
		{ op: 'process', ops: ['map b 1M', 'touch b'] },
		{ op: 'process-holds', ops: ['map c 1M', 'touch c'] },
		{ op: 'process-ends', out: [{ op: 'status', area: 'c' }], result: [{ op: 'status', ret: 0, errno: 'OK', status: { node0: 256 } }] },
		{ op: 'process-ends', out: [{ op: 'status', area: 'a' }], result: [{ op: 'status', ret: 0, errno: 'OK', status: { node0: 4096 } }] }
	]);
	expect(answer.difference).toBeNull();
});

describe('shell', () => {
	it.each([
		['offline block 33', '"offline"', '["33"]'],
		['online block 32 and 34 movable', '"online"', '["32","34"]'],
		['for b in 32 33; do echo online_kernel > /sys/devices/system/memory/memory$b/state; done', '"Normal"', '["32-33"]'],
		['for m in /sys/devices/system/memory/memory3?; do echo online_movable > $m/state; done', '"Movable"', '["32-35"]'],
		['online all blocks movable', '"Movable"', '["32-35"]'],
		['echo online_movable > /sys/devices/system/memory/memory35/state; echo rc=$?', '"Movable"', '["35"]']
	])('%s', (what, kind, blocks) => {
		const answer = zones([dimm, ...(what.startsWith('offline') ? [shell('online all blocks')] : []), shell(what), layout], {
			online_policy: 'offline'
		});
		expect(answer.unobserved).toEqual([]);
		const group = (JSON.parse(lastBlocks(answer)) as Record<string, unknown>[]).find((each) => JSON.stringify(each['blocks']) === blocks);
		expect(JSON.stringify(group)).toContain(kind);
	});

	it('what nobody answers is said to be looked at only', () => {
		expect(zones([shell('sing a song')]).unobserved).toEqual(['guest-shell: sing a song']);
		expect(zones([shell('free -m')]).unobserved).toEqual(['guest-shell: free -m']);
	});

	it('loads the driver, and a failed write says why', () => {
		const answer = virtio(
			[
				{ op: 'set-requested-size', value: 2 ** 28 },
				shell('modprobe virtio_mem; echo rc=$?'),
				{ op: 'watch', reached: true },
				shell('echo singing > /sys/devices/system/memory/memory32/state')
			],
			{ driver_loaded_at_start: false }
		);
		expect(answer.difference).toBeNull();
		expect(answer.steps[1]).toMatchObject({ out: 'rc=0' });
		expect(answer.steps[3]).toMatchObject({ out: 'sh: write error: Invalid argument' });
	});
});

it('parameters of the automatic policy are read wherever they stand', () => {
	for (const online_policy of [
		'auto-movable (auto_movable_ratio=20)',
		'auto-movablememory_hotplug.auto_movable_ratio=20',
		'auto-movable memory_hotplug.auto_movable_ratio=20'
	])
		expect(lastBlocks(virtio([{ op: 'set-requested-size', value: 2 ** 28 }, { op: 'watch' }, guest], { online_policy }))).toContain(
			'Normal'
		);
});
