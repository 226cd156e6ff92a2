import { COLOUR_NAMES, THEMES, type ThemeName } from './colour.ts';

const block = (name: ThemeName, indent: string): string =>
	[
		`${indent}color-scheme: ${name};`,
		...COLOUR_NAMES.map((colour) => `${indent}--${colour}: ${THEMES[name][colour].toLowerCase()};`)
	].join('\n');

/** The colour part of src/lib/ui/theme.css. The file holds exactly this text; a test says so. */
export function themeCss(): string {
	return [
		`:root {\n${block('light', '\t')}\n}`,
		`@media (prefers-color-scheme: dark) {\n\t:root:not([data-theme='light']) {\n${block('dark', '\t\t')}\n\t}\n}`,
		`:root[data-theme='dark'] {\n${block('dark', '\t')}\n}`
	].join('\n\n');
}
