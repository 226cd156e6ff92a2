/**
 * Names that links of version 1 may write as one byte. Frozen: append, never change or re-order, because the place in this
 * list is what old links hold. Any other name is spelled out where it first occurs.
 */
export const STATIC_NAMES: readonly string[] = [
	...['A', 'B', 'C', 'D', 'E', 'F', 'G', 'H'],
	'pool',
	...['vm0', 'vm1', 'vm2', 'vm3', 'vm4', 'vm5', 'vm6', 'vm7'],
	...['two-hosts', 'two-hosts-by-copy', 'busy-guest', 'small-pages', 'held-page']
];
