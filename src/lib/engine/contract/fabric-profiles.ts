/**
 * Where the standard (CXL 4.0), QEMU 11.1 and the Linux series v11 part ways. One table decides what a device of either
 * profile does; another says the same to people. QEMU: hw/cxl/cxl-mailbox-utils.c and cxl-events.c of 10.2.2, measured on 11.1.3.
 */
export interface DeviceRules {
	/** An accepted extent keeps its tag and sequence number. */
	readonly keepsTags: boolean;
	/** Selection policies of 5604h: free, contiguous, prescriptive, enable shared access. */
	readonly addPolicies: readonly AddPolicy[];
	readonly removalPolicies: readonly RemovalPolicy[];
	/** The host id of FM commands names a logical device. */
	readonly checksHost: boolean;
	/** 5605h with the forced flag cuts access; else it asks like any other. */
	readonly forcedCuts: boolean;
	/** An offer that would overflow the event log is answered Retry Required; else records are dropped. */
	readonly retryWhenLogIsFull: boolean;
	/** More in an answer or a release keeps it open for the next payload. */
	readonly moreContinues: boolean;
	/** An answer counts the extents of its own group against the limit as well. */
	readonly answerCountsTwice: boolean;
	/** 4801h promises extents that are not accepted yet, as zeroes. */
	readonly listCountsOffered: boolean;
	/** The generation number of the extent list counts its changes. */
	readonly countsGenerations: boolean;
	/** Records that one Get Event Records returns at most, extents that one page of the list holds: payloads of 1 MiB, or QEMU's. */
	readonly eventsPerRead: number;
	readonly extentsPerPage: number;
	/** "More records" is set while the log is not empty, whether or not records are left to read. */
	readonly moreRecordsUntilEmpty: boolean;
	/** Clearing a record that is not the oldest. */
	readonly clearOutOfOrder: 'invalidHandle' | 'invalidInput';
	/** Clear Event Records may clear all of an overflowed log at once; QEMU does not look at that flag. */
	readonly clearsAll: boolean;
	/** Commands 5606h to 5608h. */
	readonly references: boolean;
	/** Block size and sanitizing of an empty region may be changed. */
	readonly reconfigures: boolean;
	/** A reset takes shared capacity away and clears the event log. */
	readonly resetClears: boolean;
	/** An empty answer with nothing offered ends the whole process. */
	readonly emptyAnswerCrashes: boolean;
	/** What an address gives that is not assigned to this host. */
	readonly unassignedLoad: 'ones' | 'transaction error';
}

export const ADD_POLICIES = ['free', 'contiguous', 'prescriptive', 'enable-shared-access'] as const;
export type AddPolicy = (typeof ADD_POLICIES)[number];
export const REMOVAL_POLICIES = ['tag-based', 'prescriptive'] as const;
export type RemovalPolicy = (typeof REMOVAL_POLICIES)[number];

export const DEVICE_RULES: Readonly<Record<'spec40' | 'qemu111', DeviceRules>> = {
	spec40: {
		keepsTags: true,
		addPolicies: ADD_POLICIES,
		removalPolicies: REMOVAL_POLICIES,
		checksHost: true,
		forcedCuts: true,
		retryWhenLogIsFull: true,
		moreContinues: true,
		answerCountsTwice: false,
		listCountsOffered: false,
		countsGenerations: true,
		eventsPerRead: 8191,
		extentsPerPage: 26_214,
		moreRecordsUntilEmpty: false,
		clearOutOfOrder: 'invalidHandle',
		clearsAll: true,
		references: true,
		reconfigures: true,
		resetClears: true,
		emptyAnswerCrashes: false,
		unassignedLoad: 'ones'
	},
	qemu111: {
		keepsTags: false,
		addPolicies: ['prescriptive'],
		removalPolicies: ['prescriptive'],
		checksHost: false,
		forcedCuts: false,
		retryWhenLogIsFull: false,
		moreContinues: false,
		answerCountsTwice: true,
		listCountsOffered: true,
		countsGenerations: false,
		eventsPerRead: 7,
		extentsPerPage: 50,
		moreRecordsUntilEmpty: true,
		clearOutOfOrder: 'invalidInput',
		clearsAll: false,
		references: false,
		reconfigures: false,
		resetClears: false,
		emptyAnswerCrashes: true,
		unassignedLoad: 'transaction error'
	}
};

/** One subject of the table for people; null: it has nothing to say there. */
export interface Divergence {
	readonly id: string;
	readonly topic: string;
	readonly standard: string;
	readonly qemu: string;
	readonly linux: string | null;
}

export const DIVERGENCES: readonly Divergence[] = [
	{
		id: 'tag',
		topic: 'Tag after acceptance',
		standard: 'kept',
		qemu: 'lost: the list shows tag 0',
		linux: 'needed where capacity is sharable, unique on the whole host'
	},
	{
		id: 'sequence',
		topic: 'Shared sequence numbers',
		standard: '0 to n − 1, each once',
		qemu: 'passed on in the event only',
		linux: 'enforced: any other set drops the group'
	},
	{
		id: 'partial-answer',
		topic: 'Accepting a part',
		standard: 'allowed where capacity is not sharable',
		qemu: 'allowed, any part of one offered extent',
		linux: 'never: whole groups'
	},
	{
		id: 'partial-release',
		topic: 'Giving a part back',
		standard: 'allowed where capacity is not sharable',
		qemu: 'allowed: the extent splits',
		linux: 'never: the whole tag'
	},
	{
		id: 'forced',
		topic: 'Forced release',
		standard: 'access is cut at once, event 02h tells of it',
		qemu: 'not there: the monitor refuses, command 5605h only asks',
		linux: 'the event is logged and ignored'
	},
	{
		id: 'more',
		topic: 'More in the answer',
		standard: 'the answer goes on in the next payload',
		qemu: 'ignored: the first payload closes the group',
		linux: 'used when one payload is too small'
	},
	{
		id: 'open-chain',
		topic: 'A chain of records that is never closed',
		standard: 'not said',
		qemu: 'happens when the log overflows inside an offer',
		linux: 'given up after 20 s with an empty answer'
	},
	{
		id: 'overflow',
		topic: 'Event log too full for an offer',
		standard: 'the fabric manager is told to try again',
		qemu: 'records are dropped, the offer stands',
		linux: 'reads the list again, which shows no offers'
	},
	{
		id: 'unassigned',
		topic: 'Load where nothing is assigned',
		standard: 'all ones, or poison where that is switched on',
		qemu: 'the memory transaction fails',
		linux: null
	},
	{ id: 'host-id', topic: 'Host id of a command', standard: 'checked', qemu: 'ignored', linux: null },
	{
		id: 'completion',
		topic: 'When 5604h is done',
		standard: 'as soon as the offer is made; the answer comes as an event',
		qemu: 'as soon as the offer is made; no event follows',
		linux: null
	},
	{
		id: 'generation',
		topic: 'Generation number of the list',
		standard: 'changes with every change of the list',
		qemu: 'always 0',
		linux: 'used to begin a long reading again'
	},
	{
		id: 'list',
		topic: 'List of extents while an offer waits',
		standard: 'accepted ones only',
		qemu: 'counts offered ones too and fills up with zeroes',
		linux: null
	},
	{
		id: 'clear',
		topic: 'Clearing events out of order',
		standard: 'Invalid Handle',
		qemu: 'Invalid Input',
		linux: null
	},
	{
		id: 'reset',
		topic: 'Reset',
		standard: 'takes shared capacity and clears the event log, without an event',
		qemu: 'extents, offers and events stay; decoders are cleared',
		linux: 'reads the list again when it makes a region'
	},
	{
		id: 'sharing',
		topic: 'Sharing, references, G-FAM devices',
		standard: 'defined',
		qemu: 'not there',
		linux: 'not there (maturity 0)'
	}
];
