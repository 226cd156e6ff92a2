import { base } from '$app/paths';
import { ensureIsolation } from '$lib/client/isolation.ts';

// Every page may lead to the engine, so each one settles early whether memory can be shared.
void ensureIsolation(base);
