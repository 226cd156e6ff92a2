import { connect, startWorker, wishedMemory, type Connection } from '$lib/client/connect.ts';
import type { EnginePort } from '$lib/engine/contract/port.ts';

/** A second engine for runs that nobody watches: the guests of a challenge. It lives as long as it is wanted. */
export class SideEngine {
	readonly memory: 'shared' | 'transferred';
	readonly port: EnginePort;
	readonly #connection: Connection;

	constructor() {
		this.memory = wishedMemory('auto', location.search);
		this.#connection = connect(startWorker());
		const call = <T>(ask: (port: EnginePort) => Promise<T>): Promise<T> =>
			this.#connection.call(ask);
		this.port = {
			describe: () => call((port) => port.describe()),
			estimate: (scenario) => call((port) => port.estimate(scenario)),
			open: (request) => call((port) => port.open(request)),
			advance: (request) => call((port) => port.advance(request)),
			step: (request) => call((port) => port.step(request)),
			seek: (request) => call((port) => port.seek(request)),
			send: (request) => call((port) => port.send(request)),
			undo: (request) => call((port) => port.undo(request)),
			ask: (request) => call((port) => port.ask(request)),
			close: (request) => call((port) => port.close(request))
		};
	}

	end(): void {
		this.#connection.end();
	}
}
