import { addResponse } from '../../src/lib/engine/fabric/dcd/answer.ts';
import { giveBack } from '../../src/lib/engine/fabric/dcd/give-back.ts';
import { addCapacity } from '../../src/lib/engine/fabric/dcd/offer.ts';
import { clearEvents, readEvents } from '../../src/lib/engine/fabric/dcd/log.ts';
import { findExtent } from '../../src/lib/engine/fabric/dcd/tree.ts';
import { Simulation } from '../../src/lib/engine/index.ts';
import { compare, median, timeMs } from './measure.ts';
import { number, type Row } from './rows.ts';

/** 100,000 extents offered, accepted, found and given back, in groups of 100, against a plain array that is filled alike. */
const EXTENTS = 100_000;
const GROUP = 100;
const BLOCK = 2 * 2 ** 20;
const DEVICE = 0;
const LD = 0;

function open(): Simulation {
	const opened = Simulation.open({
		scenario: {
			switchyard: 1,
			id: 'bench',
			title: 'Bench',
			seed: 3,
			untilNs: 1e9,
			fabric: {
				devices: [
					{
						id: 'pool',
						kind: 'sld',
						hosts: ['A'],
						// Every second block: extents that touch nothing.
						regions: [{ bytes: 2 * EXTENTS * BLOCK }],
						extentLimit: EXTENTS,
						logRecords: 4096
					}
				],
				hosts: [{ id: 'A', answer: 'silent', use: 'none' }]
			},
			journal: []
		},
		limitBytes: 2 ** 32
	});
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	return opened.value;
}

const groups = Array.from({ length: EXTENTS / GROUP }, (_, group) =>
	Array.from({ length: GROUP }, (__, index) => ({ dpa: (group * GROUP + index) * 2 * BLOCK, bytes: BLOCK, sequence: 0 }))
);

function must(answer: { readonly code: number; readonly says: string }): void {
	if (answer.code !== 0) throw new Error(answer.says);
}

export function capacity(rounds: number): Row[] {
	const plain = new Float64Array(EXTENTS * 8);
	let found = 0;
	const measured = compare(
		[
			{
				name: 'array',
				units: EXTENTS,
				run: () => {
					let at = 0;
					for (const group of groups)
						for (const { dpa, bytes, sequence } of group) {
							plain[at] = dpa / 64;
							plain[at + 1] = bytes / 64;
							plain[at + 2] = sequence;
							at += 8;
						}
				}
			},
			{
				name: 'extents',
				units: EXTENTS,
				run: () => {
					const { world } = open();
					for (const group of groups) {
						must(addCapacity(world, DEVICE, LD, { policy: 'prescriptive', region: 0, bytes: 0, tag: '', extents: group }, null));
						must(
							clearEvents(
								world,
								DEVICE,
								LD,
								readEvents(world, DEVICE, LD).records.map((record) => record.handle)
							)
						);
						must(addResponse(world, DEVICE, LD, { entries: group, more: false }, null));
					}
					for (const group of groups) for (const { dpa } of group) if (findExtent(world, DEVICE, LD, dpa + BLOCK - 1) >= 0) found += 1;
					for (const group of groups) must(giveBack(world, DEVICE, LD, group, null));
					if (world.r.fabric.devices[DEVICE]?.lds[LD]?.extentCount !== 0) throw new Error('extents are left');
				}
			}
		],
		rounds
	);
	if (found === 0 || found % EXTENTS !== 0) throw new Error(`${found} extents were found`);
	return measured.slice(1).map(({ ns, ratio, least, most }) => ({
		what: '100,000 extents offered, accepted, found and given back',
		floor: 'their numbers written into one array',
		value: `${number((ns * EXTENTS) / 1e6)} ms, ${number(ns / 1e3)} µs each`,
		spread: `${number(ratio)}x, ${number(least)} to ${number(most)}x`,
		goal: 'at most 20 µs each',
		met: ns <= 20_000
	}));
}

/** What the page asks for after every turn, and what a command costs, where a fabric is as large as it gets. */
export function largeFabrics(rounds: number): Row[] {
	const full = open();
	for (const group of groups) {
		must(addCapacity(full.world, DEVICE, LD, { policy: 'prescriptive', region: 0, bytes: 0, tag: '', extents: group }, null));
		const handles = readEvents(full.world, DEVICE, LD).records.map((record) => record.handle);
		must(clearEvents(full.world, DEVICE, LD, handles));
		must(addResponse(full.world, DEVICE, LD, { entries: group, more: false }, null));
	}
	const wide = widest();
	const base = 64 * 2 ** 40;
	const ask = (): void => {
		const outcome = wide.send({ name: 'fabric', actor: 'host', at: 'h5', execute: 'access', arguments: { hpa: base } });
		if (!outcome.ok) throw new Error(outcome.detail);
	};
	const of = (run: () => void): number => median(Array.from({ length: rounds * 10 }, () => timeMs(run)));
	const row = (what: string, ms: number, goalMs: number): Row => ({
		what,
		floor: '',
		value: `${number(ms)} ms`,
		spread: '',
		goal: `at most ${goalMs} ms`,
		met: ms <= goalMs
	});
	return [
		row(
			'status of a device with 100,000 accepted extents',
			of(() => void full.status()),
			5
		),
		row(
			'status of 64 hosts, 16 G-FAM devices, 128 tags',
			of(() => void wide.status()),
			20
		),
		row('a command there, with everybody who looks afterwards', of(ask), 2)
	];
}

/** 64 TiB in 16 G-FAM devices, 64 hosts that see all of it, a tag for each device and eighth host. */
function widest(): Simulation {
	const hosts = 64;
	const targets = Array.from({ length: 16 }, (_, index) => `g${index}`);
	const opened = Simulation.open({
		scenario: {
			switchyard: 1,
			id: 'bench',
			title: 'Bench',
			seed: 3,
			untilNs: 1e9,
			fabric: {
				hosts: Array.from({ length: hosts }, (_, index) => ({
					id: `h${index}`,
					windows: [{ baseHpa: 64 * 2 ** 40, bytes: 64 * 2 ** 40, targets }]
				})),
				switches: [{ id: 'sw', kind: 'pbr', ports: 128, hosts: Array.from({ length: hosts }, (_, port) => ({ host: `h${port}`, port })) }],
				devices: targets.map((id, index) => ({
					id,
					kind: 'gfd',
					at: { switch: 'sw', port: hosts + index },
					regions: [{ bytes: 4 * 2 ** 40, blockBytes: 2 ** 26, sharable: true, hardwareCoherent: true }]
				}))
			},
			journal: []
		},
		limitBytes: 2 ** 33
	});
	if (!opened.ok) throw new Error(`${opened.reason}: ${opened.detail}`);
	const simulation = opened.value;
	const tell = (at: string, execute: string, given: Record<string, string | number | number[]>): void => {
		const outcome = simulation.send({ name: 'fabric', actor: 'fm', at, execute, arguments: given });
		if (!outcome.ok) throw new Error(outcome.detail);
	};
	for (const [device, id] of targets.entries())
		for (let group = 0; group < 8; group += 1) {
			tell(id, 'gfd-dynamic-capacity-add', { group, partition: 0, policy: 'free', bytes: 64 * 2 ** 30, tag: `${id}-${group}` });
			tell(id, 'set-sat-entry', { host: `h${(device * 8 + group) % hosts}`, groups: [group] });
		}
	return simulation;
}
