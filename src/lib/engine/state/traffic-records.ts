/** What goes over the links of a fabric: counts per link, and copies that last. Plain JSON. */

/** What has crossed one link so far; lines of the running millisecond and of the one before. */
export interface TrafficRecord {
	link: string;
	readBytes: number;
	writtenBytes: number;
	reads: number;
	writes: number;
	snoops: number;
	window: number;
	windowRead: number;
	windowWritten: number;
	lastRead: number;
	lastWritten: number;
}

/** A copy under way: how much of the time that it takes alone is over, and at which share of its own speed it goes on. */
export interface StreamRecord {
	/** app: a program fills what it claimed. dax: a DAX device is emptied ("host dax"). guest: contents of a VM's program ("vm way"). */
	of: 'app' | 'dax' | 'guest';
	id: string;
	host: string;
	device: string;
	direction: 'read' | 'write';
	links: string[];
	bytes: number;
	/** Of them counted on its links already. */
	countedBytes: number;
	soloNs: number;
	doneNs: number;
	/** 0 to 1. */
	share: number;
	startNs: number;
	sinceNs: number;
}
