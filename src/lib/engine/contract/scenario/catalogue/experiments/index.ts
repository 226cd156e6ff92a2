/** Measured experiments on one guest as scenarios: M for Linux memory, V for virtio-mem. In the order of their names. */
const files: Readonly<Record<string, { readonly id: string }>> = import.meta.glob('./*.json', { import: 'default', eager: true });

export const EXPERIMENTS: readonly { readonly id: string; readonly scenario: unknown }[] = Object.keys(files)
	.sort((a, b) => number(a) - number(b) || (a < b ? -1 : 1))
	.map((path) => ({ id: (files[path] as { id: string }).id, scenario: files[path] }));

/** M before V, by number. */
function number(path: string): number {
	const match = /\/([mv])(\d+)/.exec(path);
	return (match?.[1] === 'v' ? 1000 : 0) + Number(match?.[2] ?? 0);
}
