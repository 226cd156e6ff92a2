/**
 * The super-page (our design; cxl-fabric reference 10.2, idea of seed S0): 2 MiB of sharable, coherent memory that every host
 * maps. Each word that is written by itself has a line of 64 bytes of its own. The buffer of a world keeps the lines that
 * hold such words, one after the other; `offset` says where a part lies on the device.
 */
export const LINE_BYTES = 64;
const LINE_WORDS = 8;

/** What a load gives that the device does not answer; a store is swallowed (CXL 4.0 table 8-117; cxl-fabric reference 2.8). */
export const ALL_ONES = 0xffff_ffff_ffff_ffffn;

export interface SuperpagePart {
	/** Byte offset inside the 2 MiB. */
	readonly offset: number;
	readonly count: number;
	/** Lines of 64 bytes per item. */
	readonly lines: number;
	readonly meaning: string;
}

export const SUPERPAGE_PARTS = {
	header: { offset: 0x00000, count: 1, lines: 8, meaning: 'magic, version, who formats it, fence epoch, who recovers whom' },
	peer: { offset: 0x01000, count: 16, lines: 4, meaning: 'one host: heartbeat and incarnation, name, fence word, suspect word' },
	lock: { offset: 0x02000, count: 64, lines: 1, meaning: 'one lock word' },
	vm: { offset: 0x03000, count: 64, lines: 4, meaning: 'one VM: owner word, what it consists of, its split vCPUs, counts' },
	handOff: { offset: 0x07000, count: 64, lines: 4, meaning: 'one hand-off: phase, what the source wrote, what the target saw, why not' },
	event: { offset: 0x50000, count: 1024, lines: 1, meaning: 'one entry of the ring of events' }
} as const satisfies Record<string, SuperpagePart>;
export type SuperpagePartName = keyof typeof SUPERPAGE_PARTS;

/** First word of each part in the buffer, and of what follows. */
const FIRST_WORD = {} as Record<SuperpagePartName, number>;
let next = 0;
for (const [name, part] of Object.entries(SUPERPAGE_PARTS) as [SuperpagePartName, SuperpagePart][]) {
	FIRST_WORD[name] = next;
	next += part.count * part.lines * LINE_WORDS;
}
/** Words of the buffer that the super-page takes. */
export const SUPERPAGE_WORDS = next;

/** Index of a word in the buffer: word 0 … 7 of a line of an item. */
export const superpageWord = (part: SuperpagePartName, item: number, line: number, word = 0): number =>
	FIRST_WORD[part] + (item * SUPERPAGE_PARTS[part].lines + line) * LINE_WORDS + word;

/** Where a word lies on the device, bytes from the beginning of the super-page. */
export const superpageOffset = (part: SuperpagePartName, item: number, line: number, word = 0): number =>
	SUPERPAGE_PARTS[part].offset + (item * SUPERPAGE_PARTS[part].lines + line) * LINE_BYTES + word * 8;

/** Who may change a word, and how (cxl-fabric reference 10.7). */
export type WordWriters =
	'all, by compare-and-swap' | 'all, by fetch-and-add' | 'its peer' | 'the source' | 'the target' | 'the owner' | 'who took its number';

export interface WordSpec {
	readonly part: SuperpagePartName;
	readonly line: number;
	readonly word: number;
	readonly writers: WordWriters;
	readonly meaning: string;
}

const word = (part: SuperpagePartName, line: number, index: number, writers: WordWriters, meaning: string): WordSpec => ({
	part,
	line,
	word: index,
	writers,
	meaning
});

/** Every word that the protocols use. */
export const SUPERPAGE_SPECS = {
	magic: word('header', 0, 0, 'the owner', 'ASCII "NILSUPG1" once it is formatted'),
	init: word('header', 2, 0, 'all, by compare-and-swap', '0 nobody, (1, formatter), 2 ready'),
	fenceEpoch: word('header', 3, 0, 'all, by fetch-and-add', 'one more for each fencing'),
	recovery: word('header', 4, 0, 'all, by compare-and-swap', 'recoverer + 1 [63:48], victim + 1 [47:32], epoch [31:0]'),
	ringHead: word('header', 5, 0, 'all, by fetch-and-add', 'entries of the ring of events so far'),
	rangeHead: word('header', 6, 0, 'all, by fetch-and-add', 'range descriptors taken so far'),
	heartbeat: word('peer', 0, 0, 'its peer', 'beats so far'),
	incarnation: word('peer', 0, 1, 'its peer', 'how often this host has joined'),
	peerState: word('peer', 0, 2, 'its peer', '0 empty, 1 joining, 2 up, 3 draining, 4 left'),
	seenEpoch: word('peer', 0, 3, 'its peer', 'fence epoch that it saw last'),
	mailbox: word('peer', 1, 0, 'its peer', 'where lines are not coherent: what it grants or answers [63:32], token [31:0]'),
	fence: word('peer', 2, 0, 'all, by compare-and-swap', 'fenced incarnation [63:32], epoch [31:0]'),
	suspect: word('peer', 3, 0, 'all, by compare-and-swap', 'who suspects it + 1 [63:32], beat it was last seen at [31:0]'),
	lock: word('lock', 0, 0, 'all, by compare-and-swap', 'owner + 1 [63:48], incarnation [47:32], token [31:0]'),
	owner: word('vm', 0, 0, 'all, by compare-and-swap', 'owner + 1 [63:56], state [55:48], incarnation [47:32], token [31:0]'),
	rangesCrc: word('vm', 1, 0, 'the owner', 'checksum of its range descriptors'),
	rangesGeneration: word('vm', 1, 1, 'the owner', 'odd while its ranges are being changed'),
	firstRange: word('vm', 1, 2, 'the owner', 'number of its first range descriptor'),
	rangeCount: word('vm', 1, 3, 'the owner', 'how many descriptors it has'),
	vcpuMap: word('vm', 2, 0, 'all, by compare-and-swap', '16 vCPUs, 4 bits each: the peer that runs it'),
	vcpuMapToken: word('vm', 2, 1, 'all, by compare-and-swap', 'one more for each change of the map'),
	vcpuSaved: word('vm', 2, 2, 'all, by fetch-and-add', 'one bit per vCPU whose saved state is whole'),
	phase: word('handOff', 0, 0, 'all, by compare-and-swap', '0 idle, 1 proposed, 2 prepared: a hint, never decides'),
	vcpuState: word('handOff', 1, 0, 'the source', 'the vCPU state is whole for this token'),
	mapped: word('handOff', 2, 0, 'the target', 'it has mapped the ranges for this token'),
	eventGeneration: word('event', 0, 0, 'who took its number', 'odd while the entry is written, then 2 x its number + 2'),
	eventFirst: word('event', 0, 1, 'who took its number', 'what happened, first half'),
	eventSecond: word('event', 0, 2, 'who took its number', 'what happened, second half'),
	abortReason: word('handOff', 3, 0, 'all, by compare-and-swap', 'why it was given up')
} as const satisfies Record<string, WordSpec>;
export type SuperpageWordName = keyof typeof SUPERPAGE_SPECS;

/** Index in the buffer of a named word of an item: a VM, a peer, a lock; 0 for the header. */
export const wordIndex = (name: SuperpageWordName, item = 0): number => {
	const { part, line, word: index } = SUPERPAGE_SPECS[name];
	return superpageWord(part, item, line, index);
};

/** Which word of which item lies at an index of the buffer; null for one that no protocol uses. */
export function wordAt(index: number): { readonly name: SuperpageWordName; readonly item: number } | null {
	for (const name of Object.keys(SUPERPAGE_SPECS) as SuperpageWordName[]) {
		const part = SUPERPAGE_PARTS[SUPERPAGE_SPECS[name].part];
		const item = (index - wordIndex(name)) / (part.lines * LINE_WORDS);
		if (Number.isInteger(item) && item >= 0 && item < part.count) return { name, item };
	}
	return null;
}
