/**
 * QEMU's iova-tree as one would say it: objects with children, heights counted anew every time, addresses as bigints that wrap
 * at 64 bits, first fit as a walk over all maps (QEMU util/iova-tree.c; GLib glib/gtree.c for who becomes whose child).
 */
export interface SlowMap {
	readonly iova: bigint;
	readonly target: bigint;
	readonly size: bigint;
	readonly perm: number;
}
interface Node {
	map: SlowMap;
	left: Node | null;
	right: Node | null;
}

const wrap = (value: bigint): bigint => BigInt.asUintN(64, value);
const TOP = 2n ** 64n - 1n;

const height = (node: Node | null): number => (node === null ? 0 : 1 + Math.max(height(node.left), height(node.right)));
const lean = (node: Node | null): number => (node === null ? 0 : height(node.right) - height(node.left));

function turnLeft(node: Node): Node {
	const up = node.right as Node;
	node.right = up.left;
	up.left = node;
	return up;
}
function turnRight(node: Node): Node {
	const up = node.left as Node;
	node.left = up.right;
	up.right = node;
	return up;
}
function balanced(node: Node): Node {
	if (lean(node) < -1) {
		if (lean(node.left) > 0) node.left = turnLeft(node.left as Node);
		return turnRight(node);
	}
	if (lean(node) > 1) {
		if (lean(node.right) < 0) node.right = turnRight(node.right as Node);
		return turnLeft(node);
	}
	return node;
}

export class SlowIovaTree {
	root: Node | null = null;
	private readonly key: (map: SlowMap) => bigint;

	constructor(order: 'iova' | 'target') {
		this.key = (map) => map[order];
	}

	all(): SlowMap[] {
		const list: SlowMap[] = [];
		const visit = (node: Node | null): void => {
			if (node === null) return;
			visit(node.left);
			list.push(node.map);
			visit(node.right);
		};
		visit(this.root);
		return list;
	}

	/** Every map with its depth, parents before children: the shape. */
	shape(): [depth: number, iova: bigint][] {
		const list: [number, bigint][] = [];
		const visit = (node: Node | null, depth: number): void => {
			if (node === null) return;
			list.push([depth, node.map.iova]);
			visit(node.left, depth + 1);
			visit(node.right, depth + 1);
		};
		visit(this.root, 0);
		return list;
	}

	find(needle: SlowMap): SlowMap | null {
		for (let at = this.root; at !== null;) {
			const side = this.compare(needle, at.map);
			if (side === 0) return at.map;
			at = side < 0 ? at.left : at.right;
		}
		return null;
	}

	findByTarget(target: bigint, size: bigint): SlowMap | null {
		const overlaps = (map: SlowMap): boolean => !(wrap(map.target + map.size) < target || wrap(target + size) < map.target);
		return this.all().find(overlaps) ?? null;
	}

	insert(map: SlowMap): string {
		if (wrap(this.key(map) + map.size) < this.key(map) || map.perm === 0) return 'INVALID';
		if (this.find(map) !== null) return 'OVERLAP';
		const below = (node: Node | null): Node => {
			if (node === null) return { map, left: null, right: null };
			if (this.compare(map, node.map) < 0) node.left = below(node.left);
			else node.right = below(node.right);
			return balanced(node);
		};
		this.root = below(this.root);
		return 'OK';
	}

	remove(needle: SlowMap): number {
		let removed = 0;
		for (let found = this.find(needle); found !== null; found = this.find(needle)) {
			this.root = this.without(this.root as Node, found);
			removed += 1;
		}
		return removed;
	}

	allocate(request: SlowMap, begin: bigint, last: bigint): { code: string; iova: bigint | null } {
		if (last < begin) return { code: 'INVALID', iova: null };
		let before: SlowMap | null = null;
		let chosen: bigint | null = null;
		for (const map of [...this.all(), null]) {
			const behind: bigint = before === null ? 0n : wrap(before.iova + before.size + 1n);
			before = map;
			if (map !== null && map.iova + map.size < begin) continue;
			const start = behind > begin ? behind : begin;
			if (wrap((map === null ? TOP : map.iova) - start) > request.size) {
				chosen = start;
				break;
			}
		}
		if (chosen === null || wrap(chosen + request.size) > last) return { code: 'NOMEM', iova: null };
		return { code: this.insert({ ...request, iova: chosen }), iova: chosen };
	}

	private compare(a: SlowMap, b: SlowMap): number {
		if (this.key(a) > wrap(this.key(b) + b.size)) return 1;
		return wrap(this.key(a) + a.size) < this.key(b) ? -1 : 0;
	}

	private without(node: Node, map: SlowMap): Node | null {
		const side = this.compare(map, node.map);
		if (side < 0) node.left = this.without(node.left as Node, map);
		else if (side > 0) node.right = this.without(node.right as Node, map);
		else if (node.left === null) return node.right;
		else if (node.right === null) return node.left;
		else {
			let next = node.right;
			while (next.left !== null) next = next.left;
			node.map = next.map;
			node.right = this.without(node.right, next.map);
		}
		return balanced(node);
	}
}
