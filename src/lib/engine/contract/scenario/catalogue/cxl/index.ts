/** CXL memory on Linux machines: regions over bridges and switches, their life, what keeps them, what two machines share. */
const files: Readonly<Record<string, { readonly id: string }>> = import.meta.glob('./*.json', { import: 'default', eager: true });

export const CXL_SCENARIOS: readonly { readonly id: string; readonly scenario: unknown }[] = Object.keys(files)
	.sort()
	.map((path) => ({ id: (files[path] as { id: string }).id, scenario: files[path] }));
