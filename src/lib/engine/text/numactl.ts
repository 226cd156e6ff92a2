import { rangeList, right } from './pad.ts';

export interface NumactlNode {
	readonly id: number;
	readonly cpus: readonly number[];
	/** MemTotal and MemFree of the node. */
	readonly totalBytes: number;
	readonly freeBytes: number;
	readonly distances: readonly number[];
}

const MEBIBYTE = 2 ** 20;

/**
 * numactl --hardware (numactl 2.0.19, numactl.c): sizes are MiB printed as MB, rounded down; a node without CPUs has an
 * empty list; `distances` are those to the nodes of the list, in its order.
 */
export function numactlHardware(nodes: readonly NumactlNode[]): string {
	const lines = [`available: ${nodes.length} nodes (${rangeList(nodes.map((node) => node.id))})`];
	for (const node of nodes) {
		lines.push(`node ${node.id} cpus:${node.cpus.map((cpu) => ` ${cpu}`).join('')}`);
		lines.push(`node ${node.id} size: ${Math.floor(node.totalBytes / MEBIBYTE)} MB`);
		lines.push(`node ${node.id} free: ${Math.floor(node.freeBytes / MEBIBYTE)} MB`);
	}
	lines.push('node distances:');
	lines.push(`node  ${nodes.map((node) => `${right(node.id, 4)} `).join('')}`);
	for (const node of nodes) lines.push(`${right(node.id, 4)}: ${node.distances.map((value) => `${right(value, 4)} `).join('')}`);
	return `${lines.join('\n')}\n`;
}
