import type { JsonObject } from './case.ts';
import type { Labels } from './cxl-labels.ts';
import type { Machine } from './machine.ts';
import { shellAnswer } from './shell.ts';

/** Shell steps of the family cxl-topology: labels in words; what is a script goes the way of the other families. */
export function cxlShell(machine: Machine, what: string, labels: Labels): JsonObject | null {
	const told = (out: string): JsonObject => ({ op: 'guest-shell', what, rc: 0, out: labels.toTheirs(out.replace(/\n$/, '')) });
	if (/nodes, memory blocks, address map/.test(what)) return told(addressMap(machine));
	const pins = /^a process pins (\d+) ([KM])iB on the CXL node, (kernel|movable) zone/.exec(what);
	if (pins) return told(pin(machine, `${pins[1] as string}${pins[2] as string}`));
	if (/^touch .*stop/.test(what)) {
		machine.endProcess(HOLDER);
		machine.advance(1_000_000_000);
		return told('');
	}
	const online = /echo (online\w*) > \$m\/state/.exec(what);
	if (online && /= offline/.test(what)) {
		for (const block of machine.status().memoryBlocks)
			if (block.state === 'offline') machine.write(`/sys/devices/system/memory/memory${block.id}/state`, online[1] as string);
		return told(/numactl -H \| head -(\d+)/.test(what) ? answerText(machine, 'numactl -H').split('\n').slice(0, 5).join('\n') : '');
	}
	const plain = shellAnswer(machine, what);
	return plain === null ? null : told(String(plain['out'] ?? ''));
}

const HOLDER = 'holder';

/** numactl -H, blocks above 4 GiB with state, node and zones, and the parts of /proc/iomem that are memory or CXL. */
function addressMap(machine: Machine): string {
	const { memoryBlocks, memoryBlockBytes } = machine.status();
	const blocks = memoryBlocks
		.filter((block) => block.id * memoryBlockBytes >= 4 * 2 ** 30)
		.map((block) => {
			const zones = answerText(machine, `cat /sys/devices/system/memory/memory${block.id}/valid_zones`).trim();
			return `${block.id} ${block.state} node${block.node} ${zones}`;
		});
	const map = answerText(machine, 'cat /proc/iomem')
		.split('\n')
		.filter((line) => /System RAM|CXL Window|region\d|dax\d/.test(line));
	return [answerText(machine, 'numactl -H').trimEnd(), ...blocks, ...map].join('\n');
}

function pin(machine: Machine, size: string): string {
	const node = Math.max(...machine.status().nodes.map((each) => each.id));
	const words = [`map a ${size}`, 'nothp a', `bind a bind ${node}`, 'touch a', 'pin a', 'status a', 'zones a'];
	return machine
		.words(HOLDER, words)
		.map((value) => JSON.stringify(value))
		.join('\n');
}

/** What the engine's console prints for a line. */
function answerText(machine: Machine, line: string): string {
	const answer = machine.simulation.ask({ kind: 'console', machine: machine.status().id, line });
	return answer !== null && typeof answer === 'object' && 'text' in answer ? String(answer.text) : '';
}
