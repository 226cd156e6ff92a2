/** Which prompt stands before a line in the log: one that was typed or pasted along says it, else who answered. */
export interface Prompted {
	readonly prompt: string;
	readonly line: string;
}

const MONITOR = '(qemu)';
/** Lines of the monitor that only ask: they leave no command behind that would tell who answered. */
const ASKS_MONITOR = /^(?:info|qom-get|qom-list)\b|^\{/;

export function prompted(text: string, manner: string | null, shell: string): Prompted {
	const line = text.trim();
	if (line.startsWith(MONITOR)) return { prompt: MONITOR, line: line.slice(MONITOR.length).trim() };
	const own = /^(?:\S+@\S+[#$]|[#$])\s+(.*)$/.exec(line)?.[1];
	if (own !== undefined) return { prompt: shell, line: own };
	if (manner === 'monitor' || manner === 'qmp' || (manner === null && ASKS_MONITOR.test(line)))
		return { prompt: MONITOR, line };
	return { prompt: manner === 'process' ? '$' : shell, line };
}
