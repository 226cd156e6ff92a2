/**
 * What people objected to moving VMs by reference, and what this model lets them see (live-migration reference 9, rows 1 to
 * 22). Each row that the model has names a scenario and the moment at which its effect stands on the screen;
 * tests/sim/moving.test.ts plays every one and holds the effect against it.
 */
export interface Shown {
	/** Id of a scenario of the catalogue. */
	readonly scenario: string;
	/** Where to look: the run stands here when it is opened. */
	readonly atNs: number;
	readonly look: string;
	readonly effect: Effect;
	/** A page of vm0 that is chosen when the run is opened: the inspector says of it what there is to see. */
	readonly gfn?: number;
}

/** What must have happened by then: an order refused, a record by a rule, a mark, a statement that does not hold, an end. */
export type Effect =
	| { readonly kind: 'refused'; readonly reason: string }
	| { readonly kind: 'record'; readonly rule: string }
	| { readonly kind: 'mark'; readonly begins: string }
	| { readonly kind: 'statement'; readonly id: string }
	| { readonly kind: 'ended'; readonly reason: string }
	| { readonly kind: 'slower' }
	| { readonly kind: 'unmoved' };

export interface Objection {
	readonly row: number;
	readonly who: string;
	readonly objection: string;
	readonly answer: string;
	readonly source: string;
	readonly shown: readonly Shown[];
	/** Where nothing is shown: why not. */
	readonly said?: string;
}

const MS = 1_000_000;
const S0 = 'seed S0, mail on nil-migration';
const shown = (scenario: string, atNs: number, look: string, effect: Effect, gfn?: number): Shown => ({
	scenario,
	atNs,
	look,
	effect,
	...(gfn === undefined ? {} : { gfn })
});
const row = (
	number: number,
	who: string,
	objection: string,
	answer: string,
	source: string,
	pictures: readonly Shown[],
	said?: string
): Objection => ({ row: number, who, objection, answer, source, shown: pictures, ...(said === undefined ? {} : { said }) });

// prettier-ignore
export const OBJECTIONS: readonly Objection[] = [
	row(1, 'S0, point 1', 'Confidential guests have pages that nobody may move, and none of them may lie on CXL. A copy does not mind.', 'Agreed: movable pages are what the idea stands on. QEMU itself copies no such guest yet: at its monitor it says “SEV: Migration is not implemented”.', S0, [
		shown('secure-guest', 6 * MS, 'The order by reference was refused; at 20 ms the same guest goes by copy.', { kind: 'refused', reason: 'secure-memory' })
	]),
	row(2, 'LWN, S0', 'A passed-through device keeps the guest where it is.', 'Agreed, it does not work.', 'lwn.net/Articles/931528; seed S0', [
		shown('passed-through-device', 6 * MS, 'The device holds every page. By copy it is blocked as well; once it is unplugged the guest goes.', { kind: 'refused', reason: 'unmovable-page' })
	]),
	row(3, 'S0, point 2', 'Tiering or swap may move a page during the move; a pin would stop it, but movable and pinned exclude each other.', 'Perhaps one more reference, so that movers back off.', S0, [
		shown('promoted-after-publication', 103 * MS, 'Without a guard: the ranges name frames that pages have left, and B reads older writes.', { kind: 'mark', begins: 'lost:' }),
		shown('promoted-and-noticed', 104 * MS, 'The same, but somebody looks: with the guest stopped A sees that a page has moved, and goes on itself.', { kind: 'record', rule: 'last-look' }),
		shown('policy-holds', 78.1 * MS, 'mbind, mlock and no tiering: the kernel tries, and nothing moves.', { kind: 'record', rule: 'guard' })
	]),
	row(4, 'D. Hildenbrand', 'The movable zone takes short pins and refuses long ones.', 'Not contested.', 'mail of 12 April 2023; Linux 7.2.13 mm/gup.c', [
		shown('three-pins', 11 * MS, 'The short reference waits where it is. The long pin moved its folio to DRAM before it held it.', { kind: 'record', rule: 'pin-moves-first' }, 60000),
		shown('dax-mapping', 81 * MS, 'In a mapping of device-dax a pin does not matter: nothing has to move.', { kind: 'record', rule: 'adopt' })
	]),
	row(5, 'S0, point 3', 'A classic migration moves virtual addresses, this one physical ones.', 'G-FAM translates host addresses to addresses of its own, so that both hosts could even use equal ones.', S0, [
		shown('equal-and-different-windows', 81 * MS, 'Follow one page: GPA and DPA are the same on both hosts, HVA and HPA are not.', { kind: 'record', rule: 'adopt' }, 0)
	]),
	row(6, 'S0', 'The windows of the hosts differ.', 'As before: only a device address means the same to both.', S0, [
		shown('window-of-another', 81 * MS, 'The ranges hold A’s host addresses. B takes its own base away and lands elsewhere.', { kind: 'mark', begins: 'lost: vm0 on B' }),
		shown('window-too-high', 40 * MS, 'B’s window begins where its 39 address bits end: B cannot take the capacity at all.', { kind: 'ended', reason: 'beyond-address-width' })
	]),
	row(7, 'S0', 'The reference is the page table, and the other host has to make sense of it.', 'A super-page with metadata: “relative page table translation”.', S0, [
		shown('table-per-page', 73.3 * MS, '256 records, one per huge page, where one range would do.', { kind: 'record', rule: 'publish' })
	]),
	row(8, 'S0, point 4.1', 'Pages need not be contiguous.', 'Not answered; the table grows.', S0, [
		shown('scattered-pages', 8 * MS, '8192 ranges for 128 MiB; the super-page has room for 4096.', { kind: 'ended', reason: 'too-many-ranges' })
	]),
	row(9, 'S0, point 4.3', 'Nothing is allocated beforehand, and the source cannot place data as an expert would.', 'Possible, with extensions of the kernel.', S0, [
		shown('no-contiguous-run', 6 * MS, 'There is room, not in one piece. Scattered extents under one tag will do.', { kind: 'refused', reason: 'no-contiguous-run' }),
		shown('two-allocators', 81 * MS, 'Who allocates what must be settled too: both kernels count the same frames as theirs.', { kind: 'statement', id: 'zone-counters' })
	]),
	row(10, 'S0, point 4.4', 'Even what was allocated beforehand the target may move.', 'Not answered.', S0, [
		shown('target-tiers-too', 401 * MS, 'After the commit the pages are B’s: its kernel promotes one, and nothing breaks.', { kind: 'record', rule: 'tiering' }, 30000)
	]),
	row(11, 'S0', 'Reserve contiguous ranges and send their list: fast, but the guest has to be quiesced.', 'That is what he wants to avoid.', S0, [
		shown('quiesced', 60 * MS, 'The guest stands still while its pages move.', { kind: 'record', rule: 'quiesce' }),
		shown('scattered-and-live', 60 * MS, 'The same guest, live: it runs while its pages move.', { kind: 'record', rule: 'migrate-batch' })
	]),
	row(12, 'S0, Stancevic', 'Who owns what, which host is up, who are the peers?', 'A super-page that says so.', 'seed S0; mail of 6 April 2023', [
		shown('owner-is-named', 251 * MS, 'Host A died. B read whose the guest was, had A fenced, and took the guest where it lay.', { kind: 'record', rule: 'vm-restart' }),
		shown('silent-target', 60 * MS, 'B stood still with nobody running the guest. A missed it for three beats and took the guest back.', { kind: 'record', rule: 'hand-off-time-out' })
	]),
	row(13, 'Stancevic', 'Over several hops, from rack to rack?', 'Portals: a graph with bridges, and flight paths through it.', 'mail of 6 April 2023', [], 'Racks here share one pool; there is no second one to hop to.'),
	row(14, 'Stancevic, S3', 'Is the memory switched at all? Distance does not say.', 'A type of node.', 'mail of 6 April 2023; seed S3', [], 'Lesson 3 is about it: two nodes at one distance, and which of them another host reaches.'),
	row(15, 'Huang Ying', 'No new zone: an attribute per node and policies will do.', 'Gregory Price: a hack, and perhaps an argument for the zone.', 'seed S3', [
		shown('policy-holds', 78.1 * MS, 'A policy does hold the pages, for as long as somebody has set it and tiering heeds it.', { kind: 'record', rule: 'guard' })
	]),
	row(16, 'Kyungsan Kim', 'One page that cannot be moved makes a whole device impossible to unplug.', 'EXMEM lets the caller choose.', 'seed S3', [
		shown('recall-four-hosts', 38_500 * MS, 'Host “held” gives nothing back: one pinned page of 512 GiB.', { kind: 'record', rule: 'host-release' }),
		shown('tag-taken', 51 * MS, 'Taken by force instead: what lay there is gone, and the guest with it.', { kind: 'record', rule: 'forced-release' })
	]),
	row(17, 'M. Rapoport', 'Why kernel allocations on CXL at all? A node without them would do.', 'What the kernel knows of a VM must be within the peer’s reach.', 'seed S3', [
		shown('metadata-was-local', 201 * MS, 'The page structures were in A’s DRAM. Pages and registers are on the pool, and nobody can say which page is which: the guest boots anew.', { kind: 'record', rule: 'metadata-home' }),
		shown('registers-were-local', 101 * MS, 'Host A died with what it knew of the guest. All 131,072 pages are there, the guest is not.', { kind: 'mark', begins: 'lost: vm0' })
	]),
	row(18, 'M. Wilcox', 'Requirements first; no flag of mmap() for zones.', 'None.', 'ZDbQ5O7LAmGbhqFw@casper.infradead.org', [], 'A remark about interfaces; nothing in the model depends on it.'),
	row(19, 'M. Rapoport, S3', 'CXL is slower.', 'True, and a switch adds to it.', 'seed S3', [
		shown('far-memory', 200 * MS, 'All of the guest is on the pool: see how much of its speed is left.', { kind: 'slower' })
	]),
	row(20, 'D. Williams', 'Is migrating through CXL needed, or could VMs live there?', 'Not recorded.', 'lwn.net/Articles/931528', [
		shown('leave-it-there', 14 * MS, 'It changed hosts without a page moving, and stays slower than in DRAM.', { kind: 'unmoved' }),
		shown('scattered-and-live', 140 * MS, 'In transit: all of its memory crossed twice, and the guest is as fast as before.', { kind: 'record', rule: 'extent-release' })
	]),
	row(21, 'follows from row 4 and S2', 'A device at the target pins the guest’s memory when it starts.', 'Nobody has said this on the list; it follows.', 'inference; Linux 7.2.13 mm/gup.c', [
		shown('device-at-the-target', 100.3 * MS, 'Every page leaves the movable node before it is pinned: a full copy that nobody ordered.', { kind: 'record', rule: 'migrate-batch' })
	]),
	row(22, 'Aquifer', 'Devices of CXL 2.0 keep no caches coherent.', 'Ownership passes with a flush.', 'Aquifer paper, on hand-over of pages', [
		shown('unflushed-line', 81 * MS, 'The flush was left out: one line never reached the device, and one page is marked.', { kind: 'mark', begins: 'lost: the last write' }, 16384)
	])
];
