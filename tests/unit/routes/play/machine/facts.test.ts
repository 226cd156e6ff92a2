/**
 * Goal: whatever can be chosen on a machine is told with the ledger's rules behind it, and Why leads from it back to a command
 * or to the scenario. Method: the measured experiment of the held page, asked at its moments.
 */
import { describe, expect, it } from 'vitest';
import type { ObjectName } from '../../../../../src/lib/engine/contract/queries.ts';
import { RULES } from '../../../../../src/lib/engine/contract/rules.ts';
import { MACHINE_CATALOGUE } from '../../../../../src/lib/engine/contract/scenario/catalogue/index.ts';
import { Simulation } from '../../../../../src/lib/engine/index.ts';
import { frameFacts, machineFacts } from '../../../../../src/routes/play/machine/facts.ts';

function open(id: string, ns: number): Simulation {
	const entry = MACHINE_CATALOGUE.find((one) => one.id === id);
	if (!entry) throw new Error(`no experiment ${id}`);
	const opened = Simulation.open({ scenario: entry.scenario, limitBytes: 2 ** 32 });
	if (!opened.ok) throw new Error(opened.detail);
	opened.value.advance(ns);
	return opened.value;
}
const told = (simulation: Simulation, object: ObjectName | null) => {
	const [machine] = simulation.status().machines;
	if (!machine) throw new Error('no machine');
	const facts =
		object?.type === 'frame'
			? frameFacts(simulation.ask({ kind: 'frame', machine: machine.id, pfn: object.pfn })!, machine)
			: machineFacts(object, machine, simulation.nowNs);
	if (!facts) throw new Error(`nothing is told of ${JSON.stringify(object)}`);
	for (const rule of facts.rules) expect(RULES[rule].source, rule).not.toBe('');
	expect(new Set(facts.rules).size).toBe(facts.rules.length);
	return facts;
};

describe('rules behind what is chosen', () => {
	const stuck = open('m6-held-page', 7_000_000_000);
	const pfn = stuck.status().machines[0]!.held[0]!.runs[0]![0];

	it('a block that keeps trying, and the page that keeps it', () => {
		expect(told(stuck, { type: 'memoryBlock', machine: 'guest', block: 32 }).rules).toEqual(['offline-retry', 'memory-offline']);
		expect(told(stuck, { type: 'frame', machine: 'guest', pfn }).rules.slice(0, 2)).toEqual(['pipe-reference', 'memory-offline']);
		expect(told(stuck, { type: 'memoryBlock', machine: 'guest', block: 0 }).rules).toContain('offline-unmovable');
	});
	it('every call of the run has one', () => {
		const rules = stuck.status().machines[0]!.calls.map((call) => told(stuck, { type: 'call', machine: 'guest', call: call.id }).rules[0]);
		expect(rules).toEqual(['requested-size', 'page-fault', 'call', 'mbind', 'page-fault', 'pipe-reference', 'offline-retry']);
	});
	it('a device by what its driver does', () => {
		const device: ObjectName = { type: 'virtioMem', machine: 'guest', device: 'vm0' };
		expect(told(stuck, device).rules).toEqual(['requested-size']);
		expect(told(stuck, device).rows).toContainEqual(['Driver', 'bound']);
		expect(told(open('v3-big-blocks', 5_000_000_000), device).rules).toContain('big-block');
		expect(told(open('v2-nobody-onlines', 60_000_000_000), device).rules).toContain('driver-threshold');
	});
	it('with nothing chosen, the machine and what can be chosen on it', () => {
		const facts = told(stuck, null);
		expect(facts.rules).toContain('memory-boot');
		expect(facts.parts!.map((part) => part.object)).toEqual([
			{ type: 'virtioMem', machine: 'guest', device: 'vm0' },
			{ type: 'process', machine: 'guest', process: 'holder' }
		]);
		for (const part of facts.parts!) told(stuck, part.object);
	});
});

describe('why', () => {
	const freed = open('m6-held-page', 12_000_000_000);
	it('a block that tries goes back to the line that asked', () => {
		const answer = open('m6-held-page', 7_000_000_000).ask({
			kind: 'why',
			object: { type: 'memoryBlock', machine: 'guest', block: 32 }
		});
		expect(answer.chain.map((record) => record.rule)).toEqual(['offline-retry', 'command']);
		expect(answer.chain[1]!.text).toContain('echo offline > /sys/devices/system/memory/memory32/state');
	});
	it('a block that went, too; and a device goes back to the wish', () => {
		const block = freed.ask({ kind: 'why', object: { type: 'memoryBlock', machine: 'guest', block: 32 } });
		expect(block.chain.map((record) => record.rule)).toEqual(['memory-offline', 'command']);
		const device = freed.ask({ kind: 'why', object: { type: 'virtioMem', machine: 'guest', device: 'vm0' } });
		expect(device.chain.at(-1)!.text).toContain('requested-size');
	});
	it('a device is found by its name', () => {
		const objects = freed.ask({ kind: 'find', text: 'vm0' }).hits.map((hit) => hit.object);
		expect(objects).toContainEqual({ type: 'virtioMem', machine: 'guest', device: 'vm0' });
	});
});
