import { decoderName, memdevName, pathOf, portAt, portName } from '../../src/lib/engine/cxl/find.ts';
import type { CxlRecord } from '../../src/lib/engine/state/cxl-records.ts';
import type { Json, JsonObject, RecordedCase } from './case.ts';

/**
 * Names of CXL devices are labels: the kernel numbers what it probes side by side, another way each time. A recording's names are
 * tied to the engine's by where things are: the dport that an endpoint hangs below, the host of a port, serial numbers.
 */
export interface Labels {
	readonly toOurs: (text: string) => string;
	readonly toTheirs: (text: string) => string;
}

export function labelsOf(recorded: RecordedCase, cxl: CxlRecord | null): Labels {
	const ours = new Map<string, string>();
	if (cxl !== null)
		for (const step of recorded.steps) {
			visit(step['json'] as Json | undefined, (object) => learn(object, cxl, ours));
			if (step.op === 'names') learnNames(step, cxl, ours);
		}
	fill(cxl, ours);
	const theirs = new Map([...ours].map(([a, b]) => [b, a]));
	return { toOurs: (text) => replace(text, ours), toTheirs: (text) => replace(text, theirs) };
}

function visit(value: Json | undefined, see: (object: JsonObject) => void): void {
	if (Array.isArray(value)) for (const item of value) visit(item as Json, see);
	else if (typeof value === 'object' && value !== null) {
		see(value as JsonObject);
		for (const item of Object.values(value)) visit(item as Json, see);
	}
}

function learn(object: JsonObject, cxl: CxlRecord, names: Map<string, string>): void {
	const { endpoint, port, host } = object;
	const dport = object['parent_dport'];
	if (typeof endpoint === 'string') {
		const found = cxl.ports.find((each) => each.kind === 'endpoint' && dportName(cxl, each) === dport);
		if (found === undefined) return;
		names.set(endpoint, portName(found));
		names.set(String(host), memdevName(cxl.memdevs[found.memdev] as CxlRecord['memdevs'][number]));
	} else if (typeof port === 'string') {
		const found = cxl.ports.find((each) => each.kind !== 'endpoint' && each.kind !== 'root' && each.host === host);
		if (found !== undefined) names.set(port, portName(found));
	} else if (typeof object['memdev'] === 'string' && typeof object['serial'] === 'number') {
		const found = cxl.memdevs.find((each) => each.serial === object['serial']);
		if (found !== undefined) names.set(object['memdev'], memdevName(found));
	}
}

const dportName = (cxl: CxlRecord, port: CxlRecord['ports'][number]): string =>
	portAt(cxl, port.parent).dports.find((each) => each.id === port.parentDport)?.name ?? '';

function learnNames(step: JsonObject, cxl: CxlRecord, names: Map<string, string>): void {
	const bySerial = [...cxl.memdevs].sort((a, b) => (a.serial ?? 0) - (b.serial ?? 0));
	const list = (key: string): string[] => (Array.isArray(step[key]) ? (step[key] as Json[]).map(String) : []);
	for (const [at, name] of list('memdevs_by_serial').entries()) if (bySerial[at]) names.set(name, memdevName(bySerial[at]));
	for (const [at, name] of list('endpoint_decoders_by_serial').entries()) {
		const memdev = bySerial[at];
		if (memdev === undefined || memdev.endpoint < 0) continue;
		names.set(`endpoint${/^decoder(\d+)/.exec(name)?.[1] ?? ''}`, portName(portAt(cxl, memdev.endpoint)));
	}
}

/** What the recording never tied keeps its number where that is free, else takes the next that is. */
function fill(cxl: CxlRecord | null, names: Map<string, string>): void {
	if (cxl === null) return;
	const all = [...cxl.memdevs.map(memdevName), ...cxl.ports.filter((each) => each.kind !== 'root').map(portName)];
	for (const kind of ['mem', 'endpoint', 'port']) {
		const mine = all.filter((name) => name.startsWith(kind));
		const taken = new Set(names.values());
		const free = mine.filter((name) => !taken.has(name));
		for (const name of mine)
			if (!names.has(name) && free.length > 0) names.set(name, free.includes(name) ? remove(free, name) : (free.shift() as string));
	}
}

function remove(from: string[], name: string): string {
	from.splice(from.indexOf(name), 1);
	return name;
}

/** decoderN.k goes with endpointN or portN. */
function replace(text: string, names: ReadonlyMap<string, string>): string {
	return text.replace(/\b(mem|endpoint|port|decoder)(\d+)\b/g, (word, kind: string, id: string) => {
		if (kind !== 'decoder') return names.get(word) ?? word;
		const other = names.get(`endpoint${id}`) ?? names.get(`port${id}`);
		return other === undefined ? word : `decoder${other.replace(/^\D+/, '')}`;
	});
}

export function translate(value: Json, words: (text: string) => string): Json {
	if (typeof value === 'string') return words(value);
	if (Array.isArray(value)) return value.map((item) => translate(item as Json, words));
	if (typeof value !== 'object' || value === null) return value;
	return Object.fromEntries(Object.entries(value).map(([key, item]) => [words(key), translate(item as Json, words)]));
}

/** First endpoint decoder of every memory device by serial number, for the step that asks for names. */
export function namesBySerial(cxl: CxlRecord): { memdevs: string[]; decoders: string[] } {
	const all = [...cxl.memdevs].filter((each) => each.endpoint >= 0).sort((a, b) => (a.serial ?? 0) - (b.serial ?? 0));
	return {
		memdevs: all.map(memdevName),
		decoders: all.map((each) => {
			const first = cxl.decoders.find((decoder) => decoder.port === (pathOf(cxl, each.endpoint)[0] as number));
			return first === undefined ? '' : decoderName(cxl, first);
		})
	};
}
