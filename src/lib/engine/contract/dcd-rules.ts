import { rule, type Rule } from './rule.ts';

/** Rules of dynamic capacity and of how a host answers it: part of the fidelity ledger (rules.ts). */
export const DCD_RULES = {
	'dcd-offer': rule(
		'offer',
		'Capacity is offered in a group of extents. The command is done at once; the bytes are not accessible before the host accepts.',
		'CXL 4.0 7.6.7.6.5, 9.13.3'
	),
	'dcd-answer': rule(
		'answer',
		'A group is answered once, in the order of the events, and without its tag. What is not accepted goes back to the pool; shared capacity is accepted whole or not at all.',
		'CXL 4.0 8.2.10.9.9.3'
	),
	'dcd-give-back': rule(
		'giving back',
		'A host gives capacity back when it likes: any part of what is its own, a whole tag of what is shared.',
		'CXL 4.0 8.2.10.9.9.4'
	),
	'dcd-recall': rule(
		'asking back',
		'A polite release is an event that the host may ignore for ever. The list goes on showing what was asked for.',
		'CXL 4.0 7.6.7.6.6'
	),
	'dcd-forced': rule(
		'forced release',
		'Access is cut at once, and the event tells of it afterwards: loads give all ones, stores vanish. An offer that is taken back this way is dead until the host answers it.',
		'CXL 4.0 7.6.7.6.6, table 8-117'
	),
	'dcd-reference': rule(
		'reference',
		'A reference of the fabric manager keeps shared content alive when no host has it any more.',
		'CXL 4.0 7.6.7.6.7, 9.13.3.2'
	),
	'dcd-tag-end': rule(
		'end of a tag',
		'The last holder without a reference frees the media; if sanitizing is on, the content is overwritten first.',
		'CXL 4.0 9.13.3'
	),
	'dcd-event-log': rule(
		'event log',
		'The log keeps what it has and drops what comes when it is full. An interrupt is raised only when it stops being empty.',
		'CXL 4.0 8.2.10.2.2'
	),
	'dcd-retry': rule('retry', 'An offer that would overflow the host’s event log is answered Retry Required.', 'CXL 4.0 7.6.7.6.5'),
	'dcd-limits': rule(
		'limits',
		'A device tracks so many extents and tags. Offered, dead, accepted and referenced ones all count.',
		'CXL 4.0 9.13.3.3'
	),
	'dcd-choice': rule(
		'choice of media',
		'Free and contiguous requests take the lowest free addresses of the region that fit.',
		'CXL 4.0 leaves the choice to the device',
		'our simplification'
	),
	'dcd-dead-group': rule(
		'dead group',
		'Taking back any extent of an unanswered group by force makes the whole group dead.',
		'CXL 4.0 7.6.7.6.6; the whole group is ours',
		'our simplification'
	),
	'dcd-reset': rule(
		'reset',
		'A reset takes shared capacity without any event and clears the event log; capacity of one’s own stays.',
		'CXL 4.0 9.13.3'
	),
	'dcd-region': rule('region', 'A region’s blocks can be set anew only while none of them is in use.', 'CXL 4.0 7.6.7.6.3'),
	'gfd-capacity': rule(
		'capacity of a G-FAM device',
		'Blocks are given to a memory group, all or none; access is opened by a second command. No host is asked.',
		'CXL 4.0 8.2.10.9.10.8'
	),
	'host-gates': rule(
		'gates',
		'Linux takes a group whole or drops it: one region, no overlap, a tag that is new, sequence numbers 0 to n − 1, aligned to 2 MiB, at most 100 at once.',
		'Linux DCD series v11, drivers/cxl/core/extent.c, mbox.c',
		'on the list'
	),
	'host-watchdog': rule(
		'watchdog',
		'A chain of records that stays open for 20 s is answered with nothing.',
		'Linux DCD series v11, drivers/cxl/core/mbox.c',
		'on the list'
	),
	'host-release': rule(
		'release by Linux',
		'What is in use is deferred and forgotten: the device has to ask again. Else the whole tag goes back.',
		'Linux DCD series v11, drivers/cxl/core/extent.c',
		'on the list'
	),
	'host-forced': rule('forced event', 'Linux logs a forced release and does nothing.', 'Linux DCD series v11', 'on the list'),
	'host-answers': rule(
		'answer of a host',
		'Reading, clearing and answering are one mailbox command each.',
		'CXL 4.0 8.2.10.2; the order is Linux drivers/cxl/core/mbox.c',
		'our simplification'
	),
	'host-boot': rule(
		'boot',
		'After a boot, or when its event log ran over, a host reads the list of extents. It shows no offers.',
		'CXL 4.0 9.13.3; Linux DCD series v11'
	)
} as const satisfies Record<string, Rule>;
