/**
 * What a probe process can be told, one word at a time. The console completes and explains from this table; the engine
 * carries the words out (mm/process). RANGE is a size from the start of the area, or SIZE@OFFSET.
 */
export interface ProcessWord {
	readonly word: string;
	/** How it is written; square brackets may be left out. */
	readonly form: string;
	readonly sentence: string;
	readonly source: string;
}

const word = (name: string, form: string, sentence: string, source: string): ProcessWord => ({ word: name, form, sentence, source });

export const PROCESS_WORDS: readonly ProcessWord[] = [
	word(
		'map',
		'map NAME SIZE [exmem | normal | /dev/daxN.M] [at ADDRESS]',
		'Maps private anonymous memory, allocated when touched; or a dax device as it is. An address is a hint.',
		'mmap(2)'
	),
	word(
		'mapshared',
		'mapshared NAME SIZE [at ADDRESS]',
		'Maps shared anonymous memory; a fork keeps it shared and copies no page table entries.',
		'mmap(2), MAP_SHARED'
	),
	word(
		'mapsecure',
		'mapsecure NAME SIZE [secretmem | guest_memfd] [at ADDRESS]',
		'Maps memory that never lies in ZONE_MOVABLE and never migrates.',
		'Linux 7.2.13 mm/secretmem.c, virt/kvm/guest_memfd.c'
	),
	word(
		'maphuge',
		'maphuge NAME SIZE',
		'Maps huge pages of the pool of hugetlb: reserved now, taken when touched, never split.',
		'mmap(2), MAP_HUGETLB; Linux 7.2.13 mm/hugetlb.c'
	),
	word('nothp', 'nothp NAME', 'No huge pages for this area.', 'madvise(2), MADV_NOHUGEPAGE'),
	word('hugep', 'hugep NAME', 'Huge pages wanted, also where the system gives them only on request.', 'madvise(2), MADV_HUGEPAGE'),
	word(
		'bind',
		'bind NAME POLICY [NODES] [strict,move,moveall]',
		'Sets the memory policy of the area: default, local, preferred, bind, interleave, preferred-many or weighted-interleave.',
		'mbind(2); Linux 7.2.13 mm/mempolicy.c'
	),
	word(
		'place',
		'place NAME RULE [RULE]',
		'Binds the area to a node without CPUs by a rule: near, far, movable, switched or shared; the second rule where the first finds none.',
		'our own word, for the question of seed S3'
	),
	word('policy', 'policy POLICY [NODES]', 'Sets the memory policy of the whole process.', 'set_mempolicy(2)'),
	word('cpu', 'cpu NUMBER', 'The process goes on running on this CPU; its node is the local node.', 'sched_setaffinity(2)'),
	word(
		'touch',
		'touch NAME [RANGE]',
		'Writes every page once: pages come into being, copies are broken.',
		'page faults, Linux 7.2.13 mm/memory.c'
	),
	word(
		'read',
		'read NAME [RANGE]',
		'Reads every page once: what was never written shows the shared zero page.',
		'page faults, Linux 7.2.13 mm/memory.c'
	),
	word('mlock', 'mlock NAME', 'Keeps the area resident. Locked pages still migrate.', 'mlock(2)'),
	word('munlock', 'munlock NAME', 'Takes the lock back.', 'munlock(2)'),
	word(
		'pin',
		'pin NAME [RANGE]',
		'Pins pages for long, as a registered buffer of io_uring does: pages of ZONE_MOVABLE move away first.',
		'Linux 7.2.13 mm/gup.c, FOLL_LONGTERM'
	),
	word('unpin', 'unpin NAME', 'Gives the registered buffers of the area back.', 'io_uring_register(2)'),
	word('vmsplice', 'vmsplice NAME [RANGE]', 'Puts references to the pages into a pipe; nothing is copied.', 'vmsplice(2)'),
	word('drain', 'drain [NAME]', 'Reads the pipes empty: the references go.', 'read(2)'),
	word('pipefill', 'pipefill SIZE', 'Fills pipes with kernel pages that cannot move.', 'write(2) into pipes of 1 MiB'),
	word('status', 'status NAME [RANGE]', 'Asks for the node of every page without moving any.', 'move_pages(2) without nodes'),
	word('move', 'move NAME NODE [all] [RANGE]', 'Moves pages to a node; all also moves pages that several processes map.', 'move_pages(2)'),
	word(
		'migrate',
		'migrate PID OLD NEW',
		'Moves everything a process has on the old nodes to the new ones; PID 0 is itself.',
		'migrate_pages(2)'
	),
	word(
		'gigantic',
		'gigantic NODE',
		'Asks for a huge page of 1 GiB on a node and gives it back: what is movable in an aligned range moves out.',
		'Linux 7.2.13 mm/hugetlb.c, mm/page_alloc.c'
	),
	word('zones', 'zones NAME [RANGE]', 'Counts in which zones and memory blocks the pages lie.', '/proc/PID/pagemap, /proc/kpageflags'),
	word('frames', 'frames NAME [RANGE]', 'Counts the runs of consecutive frames in virtual order.', '/proc/PID/pagemap'),
	word(
		'channels',
		'channels NAME [RANGE]',
		'Counts the pages by the CXL channel that holds them, where several are grouped into one node.',
		'our own word, for the proposal of seed S3; no kernel tells it'
	),
	word('dirty', 'dirty NAME [RANGE]', 'Writes something other than the pattern into a mapped device.', 'the probe itself'),
	word('check', 'check NAME', 'Counts pages that do not hold what touch last wrote.', 'the probe itself'),
	word('fork', 'fork', 'Makes a child; private memory is shared until one of them writes.', 'fork(2)'),
	word('unmap', 'unmap NAME [RANGE]', 'Takes the area, or a range of it, away.', 'munmap(2)'),
	word('free', 'free NAME', 'The same as unmap of the whole area.', 'munmap(2)'),
	word('sleep', 'sleep SECONDS', 'Waits.', 'nanosleep(2)')
];

const UNITS: Readonly<Record<string, number>> = { '': 1, B: 1, K: 2 ** 10, M: 2 ** 20, G: 2 ** 30, T: 2 ** 40 };

/** "64M", "4K", "1G": bytes, or null. */
export function readBytes(text: string): number | null {
	const match = /^(\d+(?:\.\d+)?)([BKMGT]?)(?:iB)?$/i.exec(text);
	if (!match) return null;
	const bytes = Number(match[1]) * (UNITS[(match[2] ?? '').toUpperCase()] ?? 1);
	return Number.isSafeInteger(bytes) ? bytes : null;
}

/** An address of a process, hexadecimal with 0x or decimal; null when it is none. */
export function readAddress(text: string | undefined): number | null {
	const address = text !== undefined && /^(0x[0-9a-f]+|\d+)$/i.test(text) ? Number(text) : NaN;
	return Number.isSafeInteger(address) && address < 2 ** 47 ? address : null;
}

/** Pages of "64K" or "64K@1M" in an area of `pageCount` pages; null when it is no range of it. */
export function readRange(text: string | undefined, pageCount: number): { readonly first: number; readonly pages: number } | null {
	if (text === undefined) return { first: 0, pages: pageCount };
	const [size = '', offset = '0'] = text.split('@');
	const bytes = readBytes(size);
	const from = readBytes(offset);
	if (bytes === null || from === null || bytes <= 0 || from % 4096 !== 0) return null;
	const pages = Math.ceil(bytes / 4096);
	return from / 4096 + pages > pageCount ? null : { first: from / 4096, pages };
}
