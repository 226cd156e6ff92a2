import { formatNs } from '../base/format.ts';
import { refused } from '../base/outcome.ts';
import type { CrashReport } from '../engine/contract/port.ts';
import type { WorkerLost } from './connect.ts';
import type { SendOutcome, SessionState } from './session-options.ts';

/** What a session says when something went wrong: one or two sentences each. */

const whatOf = (loss: WorkerLost): string =>
	loss.kind === 'stuck' ? 'did not answer' : 'stopped working';

/** What browsers and engines put before a message says nothing to a reader. */
const plain = (message: string): string =>
	message.replace(/^(Uncaught )?((Range|Type)?Error: )?/, '');

export const startedAgain = (loss: WorkerLost, nowNs: number): string =>
	`The engine ${whatOf(loss)} (${plain(loss.message)}) and was started again. The run was rebuilt from its commands and stands at ${formatNs(nowNs)} as before.`;

export const notStartedAgain = (loss: WorkerLost, why: string): string =>
	`The engine ${whatOf(loss)} and could not be started again: ${why}. What you see is the last state it showed. Reload the page to go on.`;

export const brokenRule = (report: CrashReport, nowNs: number): string =>
	`The engine found that one of its own rules was broken (${plain(report.message)}) and stopped. You see the last good state, ${formatNs(nowNs)}.`;

export const noEngine = (state: SessionState): SendOutcome =>
	refused('no-engine', state === 'crashed' ? 'The engine has stopped.' : 'The session is closed.');
