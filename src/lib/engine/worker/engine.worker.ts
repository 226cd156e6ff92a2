import * as Comlink from 'comlink';
import { makePort } from './port.ts';

/** The worker: exposes the port, nothing else. */
Comlink.expose(makePort((answer, buffers) => Comlink.transfer(answer, buffers)));
