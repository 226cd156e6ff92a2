import { formatBytesBinary, formatBytesDecimal, formatNs } from '../../base/format.ts';
import type { RunSummary } from '../../engine/contract/queries.ts';
import type { WorldStatus } from '../../engine/contract/status.ts';
import { operationOf, stoppedNs } from '../describe/moment.ts';
import { pinnedBytes } from './differences.ts';

/** What a run has cost so far, and what its forecast says it will have cost. */
export interface TotalBar {
	readonly name: string;
	readonly nowValue: number;
	/** At the end of the forecast; never less than now. */
	readonly endValue: number;
	/** The part of now that went over CXL, where a total has parts. */
	readonly overCxl: number;
	readonly text: string;
	readonly words: string;
}

/** One small figure: the same scale for every run in it. */
export interface Total {
	readonly id: 'stopped' | 'bytes' | 'pins';
	readonly title: string;
	readonly top: number;
	readonly bars: readonly TotalBar[];
}

interface Compared {
	readonly label: string;
	readonly status: WorldStatus;
	readonly forecast: RunSummary | null;
}

type Bar = Omit<TotalBar, 'name' | 'text' | 'words'>;

/** Black-out, bytes moved and memory pinned of several runs, each on one scale. */
export function totals(runs: readonly Compared[]): Total[] {
	const figure = (
		id: Total['id'],
		title: string,
		format: (value: number) => string,
		read: (run: Compared) => Bar
	): Total => {
		const bars = runs.map((run): TotalBar => {
			const bar = read(run);
			const open = bar.endValue > bar.nowValue;
			const parts =
				bar.overCxl > 0 && bar.overCxl < bar.nowValue
					? `, ${format(bar.overCxl)} of it over CXL`
					: '';
			return {
				...bar,
				name: run.label,
				text: format(bar.nowValue),
				words: `${run.label} ${format(bar.nowValue)}${parts}${open ? `, ${format(bar.endValue)} expected` : ''}`
			};
		});
		return { id, title, top: Math.max(1, ...bars.map((bar) => bar.endValue)), bars };
	};
	return [
		figure('stopped', 'Black-out', formatNs, stopped),
		figure('bytes', 'Bytes moved', formatBytesDecimal, moved),
		figure('pins', 'Pinned now', formatBytesBinary, ({ status }) => {
			const value = pinnedBytes(status);
			return { nowValue: value, endValue: value, overCxl: 0 };
		})
	];
}

function stopped({ status, forecast }: Compared): Bar {
	const operation = operationOf(status);
	const vm = status.vms.find((one) => one.id === operation?.vm);
	const nowValue = operation === null ? 0 : stoppedNs(operation, vm, status.nowNs);
	const expected = expectedMove(forecast, operation?.id);
	const [first, last] = [expected?.downtime[0], expected?.downtime.at(-1)];
	const gap = expected?.downtimeNs ?? (first && last?.endNs ? last.endNs - first.startNs : 0);
	const isOver = operation !== null && operation.state !== 'running';
	return { nowValue, endValue: isOver ? nowValue : Math.max(nowValue, gap), overCxl: 0 };
}

function moved({ status, forecast }: Compared): Bar {
	const operation = operationOf(status);
	const overCxl = operation?.cxlBytes ?? 0;
	const nowValue = overCxl + (operation?.networkBytes ?? 0);
	const expected = expectedMove(forecast, operation?.id);
	const endValue = (expected?.networkBytes ?? 0) + (expected?.cxlBytes ?? 0);
	return { nowValue, endValue: Math.max(nowValue, endValue), overCxl };
}

const expectedMove = (forecast: RunSummary | null, id: number | undefined) =>
	forecast?.operations.find((one) => id === undefined || one.id === id);

/** The figure as one sentence. */
export const totalWords = ({ title, bars }: Total): string =>
	`${title}: ${bars.map((bar) => bar.words).join('; ')}.`;
