export { describe, formatAs, WORDING } from './describe.ts';
export { bindLimits, type Check, type CheckExpression } from '../schema.ts';
