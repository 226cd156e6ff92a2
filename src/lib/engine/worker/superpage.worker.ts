import * as Comlink from 'comlink';
import { makeSuperpagePort } from './superpage-port.ts';

/** One thread of the super-page's page: a search, a host that races, or the judge. */
Comlink.expose(makeSuperpagePort());
