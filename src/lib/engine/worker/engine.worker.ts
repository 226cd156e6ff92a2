import * as Comlink from 'comlink';
import { makeExplorePort } from './explore-port.ts';
import { makePort } from './port.ts';

/** The worker: exposes the ports, nothing else. */
Comlink.expose({ ...makePort((answer, buffers) => Comlink.transfer(answer, buffers)), ...makeExplorePort() });
