import { choice, field, optional, quantity, record } from './shapes.ts';

/** Parts that scenarios and commands share. Frozen: append, never re-order. */
export const workload = record(
	field(
		'kind',
		choice('idle', 'web', 'database', 'memory-muncher', 'sequential', 'two-class'),
		'web'
	),
	optional('rateBytesPerSecond', quantity),
	optional('workingSetBytes', quantity)
);

export const term = choice('short', 'long');
