import { formatAddress } from '../../../base/address.ts';
import {
	FIRST_REST,
	FIRST_UNITS,
	GAP,
	gapBetween,
	HEIGHT,
	LARGEST,
	LAST_REST,
	LAST_UNITS,
	LEFT,
	NODE_NUMBERS,
	RIGHT,
	type IovaTreeRecord
} from './nodes.ts';
import { mapsOf, walk } from './tree.ts';
import type { VhostIovaTreeRecord } from './vhost-tree.ts';
import { isLess } from './wide.ts';

/** What is wrong with a tree, one sentence each: order, overlaps, balance, gaps, places lost or used twice. */
export function treeProblems(tree: IovaTreeRecord): string[] {
	const { nodes } = tree;
	const problems: string[] = [];
	const number = (node: number, field: number): number => nodes[node + field] as number;
	let before = 0;
	let count = 0;
	walk(tree, (node) => {
		count += 1;
		const left = number(node, LEFT);
		const right = number(node, RIGHT);
		if (isLess(number(node, LAST_UNITS), number(node, LAST_REST), number(node, FIRST_UNITS), number(node, FIRST_REST)))
			problems.push(`the range at ${node} wraps`);
		if (before !== 0 && !isLess(number(before, LAST_UNITS), number(before, LAST_REST), number(node, FIRST_UNITS), number(node, FIRST_REST)))
			problems.push(`the ranges at ${before} and ${node} overlap or are out of order`);
		if (number(node, HEIGHT) !== Math.max(number(left, HEIGHT), number(right, HEIGHT)) + 1) problems.push(`the height at ${node} is wrong`);
		if (Math.abs(number(left, HEIGHT) - number(right, HEIGHT)) > 1) problems.push(`the node at ${node} is out of balance`);
		if (number(node, GAP) !== gapBetween(nodes, before, node)) problems.push(`the gap before ${node} is wrong`);
		if (number(node, LARGEST) !== Math.max(number(node, GAP), number(left, LARGEST), number(right, LARGEST)))
			problems.push(`the largest gap below ${node} is wrong`);
		before = node;
		return false;
	});
	if (count !== tree.count) problems.push(`${count} nodes in order, ${tree.count} counted`);
	let free = 0;
	for (let at = tree.free; at !== 0 && free <= nodes.length; at = number(at, LEFT)) free += 1;
	if ((count + free + 1) * NODE_NUMBERS !== nodes.length)
		problems.push(`${count} nodes and ${free} free places in ${nodes.length / NODE_NUMBERS - 1}`);
	return problems;
}

/** Every map of the two views is an address given out; how many addresses have no view (orphans) is no mistake of the trees. */
export function vhostTreeProblems(tree: VhostIovaTreeRecord): string[] {
	const problems = [tree.allocated, tree.host, tree.guest].flatMap(treeProblems);
	const given = new Map(mapsOf(tree.allocated).map((map) => [map.iova, map.size]));
	for (const map of [...mapsOf(tree.host), ...mapsOf(tree.guest)])
		if (given.get(map.iova) !== map.size) problems.push(`${formatAddress(map.iova)} is mapped and not given out`);
	return problems;
}
