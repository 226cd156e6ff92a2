import * as v from 'valibot';
import { ok, refused, type Outcome } from '../../../base/outcome.ts';
import { BLOCK_BYTES } from '../../../base/units.ts';
import type { Command } from '../commands.ts';
import { commandSchema, SCENARIO_VERSION, scenarioSchema, type Scenario } from './schema.ts';

/** Where in the file an issue lies, as people write it: `vms[0].bytes`. */
function pathOf(issue: v.BaseIssue<unknown>): string {
	let path = '';
	for (const item of issue.path ?? []) {
		const key = (item as { key: unknown }).key;
		path += typeof key === 'number' ? `[${key}]` : path === '' ? String(key) : `.${String(key)}`;
	}
	return path === '' ? 'the file' : path.slice(0, 80);
}

/** At most four issues in words: what and where. */
function wordsOf(issues: readonly v.BaseIssue<unknown>[]): string {
	const lines = issues.slice(0, 4).map((issue) => `${pathOf(issue)}: ${issue.message.slice(0, 160)}`);
	if (issues.length > 4) lines.push(`and ${issues.length - 4} more`);
	return lines.join('; ');
}

/** Reads text as JSON and then as a scenario. Never throws. */
export function readScenarioText(text: string): Outcome<Scenario, 'bad-scenario' | 'newer-scenario'> {
	let value: unknown;
	try {
		value = JSON.parse(text);
	} catch (error) {
		return refused('bad-scenario', `not JSON: ${(error as Error).message.slice(0, 120)}`);
	}
	return readScenario(value);
}

/** Checks a value against the schema and the rules that hold between its parts. */
export function readScenario(value: unknown): Outcome<Scenario, 'bad-scenario' | 'newer-scenario'> {
	const version = (value as { switchyard?: unknown } | null)?.switchyard;
	if (typeof version === 'number' && version > SCENARIO_VERSION)
		return refused('newer-scenario', `it is version ${version}, this build reads up to ${SCENARIO_VERSION}`);
	const parsed = v.safeParse(scenarioSchema, value);
	if (!parsed.success) return refused('bad-scenario', wordsOf(parsed.issues));
	const problem = contradiction(parsed.output);
	return problem === null ? ok(parsed.output) : refused('bad-scenario', problem);
}

export function readCommand(value: unknown): Outcome<Command, 'bad-command'> {
	const parsed = v.safeParse(commandSchema, value);
	return parsed.success ? ok(parsed.output as Command) : refused('bad-command', wordsOf(parsed.issues));
}

function contradiction(scenario: Scenario): string | null {
	const hosts = new Set<string>();
	for (const [index, host] of scenario.hosts.entries()) {
		const at = `hosts[${index}]`;
		if (hosts.has(host.id)) return `${at}.id: "${host.id}" is used twice`;
		hosts.add(host.id);
		const normal = host.normalBytes ?? 0;
		if (normal > host.dramBytes) return `${at}.normalBytes: more than the host's DRAM`;
		if (host.kernelBytes % BLOCK_BYTES !== 0 || host.otherBytes % BLOCK_BYTES !== 0)
			return `${at}: kernelBytes and otherBytes must be multiples of 2 MiB`;
		if (host.windowBaseHpa < host.dramBytes) return `${at}.windowBaseHpa: the window overlaps the host's DRAM`;
	}
	if (scenario.pool) {
		if (scenario.pool.peerBytes > scenario.pool.bytes) return 'pool.peerBytes: more than the pool has';
		if (hosts.has(scenario.pool.id)) return `pool.id: "${scenario.pool.id}" is a host's name`;
	}
	const vms = new Set<string>();
	for (const [index, vm] of scenario.vms.entries()) {
		const at = `vms[${index}]`;
		if (vms.has(vm.id)) return `${at}.id: "${vm.id}" is used twice`;
		vms.add(vm.id);
		if (!hosts.has(vm.host)) return `${at}.host: there is no host "${vm.host}"`;
		if ((vm.populatedBytes ?? 0) > vm.bytes) return `${at}.populatedBytes: more than the VM has`;
		const working = vm.workload.workingSetBytes;
		if (working !== undefined && working > vm.bytes) return `${at}.workload.workingSetBytes: more than the VM has`;
		for (const [pinIndex, pin] of vm.pins.entries())
			if (pin.gfn * 4096 >= (vm.populatedBytes ?? vm.bytes)) return `${at}.pins[${pinIndex}].gfn: beyond the VM's populated memory`;
	}
	if (scenario.hosts.length === 0 && scenario.machines.length === 0 && scenario.fabric === null)
		return 'the file: at least one host, one machine or a fabric';
	if (scenario.hosts.length > 0 && scenario.vms.length === 0 && scenario.machines.length === 0) return 'vms: at least one VM';
	const machines = new Set<string>();
	for (const [index, machine] of scenario.machines.entries()) {
		if (machines.has(machine.id) || hosts.has(machine.id)) return `machines[${index}].id: "${machine.id}" is used twice`;
		machines.add(machine.id);
	}
	let last = 0;
	for (const [index, entry] of scenario.journal.entries()) {
		if (entry.atNs < last) return `journal[${index}].atNs: earlier than the entry before it`;
		last = entry.atNs;
	}
	return null;
}

/** The same scenario as text, always the same bytes: keys sorted, defaults written out, amounts in base units. */
export function canonicalText(scenario: Scenario): string {
	// What is not there is left out: scenarios from before it keep their text, and links their hashes.
	const { machines, fabric, rack, ...rest } = scenario;
	return JSON.stringify(
		sorted({
			...rest,
			...(machines.length > 0 ? { machines } : {}),
			...(fabric === null ? {} : { fabric }),
			...(rack === null ? {} : { rack })
		})
	);
}

function sorted(value: unknown): unknown {
	if (Array.isArray(value)) return value.map(sorted);
	if (typeof value === 'object' && value !== null) {
		const entries = Object.entries(value).filter(([, inner]) => inner !== undefined);
		entries.sort(([a], [b]) => (a < b ? -1 : a > b ? 1 : 0));
		return Object.fromEntries(entries.map(([key, inner]) => [key, sorted(inner)]));
	}
	return value;
}
