import type { Connection } from '../../../src/lib/client/connect.ts';
import type { EnginePort } from '../../../src/lib/engine/contract/port.ts';
import { makePort } from '../../../src/lib/engine/worker/port.ts';

/**
 * The real engine in the same thread, behind the same call as a worker: every message is cloned, and buffers that travel
 * are detached at the sender, as between page and worker.
 */
export function connectInProcess(): Connection {
	let travelling: ArrayBuffer[] = [];
	const port = makePort((answer, buffers) => {
		travelling = buffers;
		return answer;
	});
	const cloned = <A extends object>(value: A, buffers: readonly ArrayBuffer[]): A => structuredClone(value, { transfer: [...buffers] });
	const passing = Object.fromEntries(
		Object.entries(port).map(([name, method]) => [
			name,
			async (request: { buffers?: Record<number, ArrayBuffer> } | undefined) => {
				// A message is never answered in the same task.
				await new Promise((resolve) => setImmediate(resolve));
				const received = request && cloned(request, Object.values(request.buffers ?? {}));
				travelling = [];
				const answer = await (method as (request: unknown) => Promise<object>)(received);
				return answer && cloned(answer, travelling);
			}
		])
	) as unknown as EnginePort;
	return { call: (ask) => ask(passing), end: () => undefined };
}
