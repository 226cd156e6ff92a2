// A Vite plugin for the tests: what a module of src/lib imports becomes a constant of that module.
//
// Vitest keeps an import as a property of the other module's object, read again at every use. The hot loops of the engine
// take 1.7 times as long so than in the built worker, where one file holds all. A constant means the same: import cycles are
// forbidden (`.dependency-cruiser.cjs`), and an export that could be assigned to is refused here.
import { parseAst } from 'vite';

/** Modules that are rewritten: everything but components and what holds runes. */
const LOCAL = /\/src\/lib\/.*(?<!\.svelte)\.ts(?:\?.*)?$/;

/**
 * @param {string} code
 * @param {import('vite').ESTree.ImportDeclaration} node
 * @param {number} index
 */
function asConstants(code, { start, end, source, specifiers }, index) {
	const text = code.slice(start, end);
	const constants = specifiers.flatMap((one) => {
		if (one.type === 'ImportNamespaceSpecifier') return [];
		const name =
			one.type === 'ImportDefaultSpecifier'
				? 'default'
				: code.slice(one.imported.start, one.imported.end);
		return [`${one.local.name} = __module_${index}.${name}`];
	});
	if (constants.length === 0) return text;
	// Every other line stays where it is, so that the source map needs no change.
	const lines = text.replace(/[^\n]/g, '');
	return `import * as __module_${index} from ${code.slice(source.start, source.end)}; const ${constants.join(', ')};${lines}`;
}

/**
 * @param {string} code a module, already JavaScript
 * @returns {string} the same with its imports as constants
 */
export function withLocalImports(code) {
	let text = '';
	let at = 0;
	parseAst(code).body.forEach((node, index) => {
		if (node.type === 'ImportDeclaration') {
			text += code.slice(at, node.start) + asConstants(code, node, index);
			at = node.end;
		} else if (
			node.type === 'ExportNamedDeclaration' &&
			node.declaration?.type === 'VariableDeclaration'
		) {
			if (node.declaration.kind !== 'const')
				throw new Error(`an export that can be assigned to: ${code.slice(node.start, node.end)}`);
		}
	});
	return text + code.slice(at);
}

/** @returns {import('vite').Plugin} */
export function localImports() {
	return {
		name: 'switchyard-local-imports',
		// After TypeScript is gone, before imports are made properties.
		enforce: 'post',
		transform: (code, id) =>
			LOCAL.test(id) ? { code: withLocalImports(code), map: null } : undefined
	};
}
