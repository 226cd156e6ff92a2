// Lines for people, for the tools that run before anything is installed: Node built-ins only.

const colourful = process.stdout.isTTY && !process.env.NO_COLOR;

/** @param {string} text */
export const bold = (text) => (colourful ? `\u001b[1m${text}\u001b[0m` : text);
/** @param {string} text */
export const red = (text) => (colourful ? `\u001b[31m${text}\u001b[0m` : text);

/** @param {number} milliseconds */
export function seconds(milliseconds) {
	return `${(milliseconds / 1000).toFixed(1)} s`;
}

/** Wall clock of a tool, never of the engine. @returns {() => number} milliseconds since the call */
export function stopwatch() {
	const begin = performance.now();
	return () => performance.now() - begin;
}
