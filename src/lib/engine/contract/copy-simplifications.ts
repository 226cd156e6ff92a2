import type { Simplification } from './simplification.ts';

/** What moves by copy, and by a file that both hosts map, leave out or do otherwise: part of the list on the page of the model. */
// prettier-ignore
export const COPY_SIMPLIFICATIONS: readonly Simplification[] = [
	{ id: 'touches', area: 'guest', rule: 'postcopy-fault', sentence: 'What a guest touches of its missing memory are its writes; reads fault on nothing here.', why: 'Guests only write. Real ones read more than they write, so that more pages are asked for.', source: 'cost model F7' },
	{ id: 'vcpus-share', area: 'guest', rule: 'postcopy-fault', sentence: 'A vCPU that waits for a page takes its share of the guest’s speed away; which vCPU writes which page is not kept.', why: 'The stream of writes is one. With equal vCPUs the rate is the same.', source: 'cost model F7' },
	{ id: 'push-slices', area: 'migration', rule: 'postcopy-push', sentence: 'The background of post-copy arrives in whole blocks of 2 MiB, about a millisecond of the wire at a time; what arrives whole takes a whole chunk of free memory.', why: 'Pages in between would change no figure; a request never waits for the end of a slice.', source: 'our own rule' },
	{ id: 'socket', area: 'migration', rule: 'postcopy-fault', sentence: 'Without preempt a page waits behind 4 MiB that the socket holds, as long as the background fills it.', why: 'The most that Linux lets a socket hold; how full it is in the middle of a stream is not published.', source: 'Linux Documentation/networking/ip-sysctl.rst, tcp_wmem' },
	{ id: 'rdma-pin-all', area: 'migration', rule: 'rdma-register', sentence: 'RDMA registers all memory before the first byte (rdma-pin-all), at the rate at which memory is pinned for a device.', why: 'Registering piece by piece reached a third of the rate in the one measurement there is.', source: 'QEMU docs/rdma.txt, 2013' },
	{ id: 'unflushed', area: 'migration', rule: 'shared-file', sentence: 'Which lines a cache still holds when nobody flushes is not known: as many pages as dirty lines cover lose their last write, those that are written most first.', why: 'The amount follows the cost model, the choice is ours; each page is listed and marked.', source: 'cost model, dirtyLlcMiB' },
	{ id: 'two-guests', area: 'migration', rule: 'shared-file', sentence: 'A VM that two hosts run on one memory is taken out of the run.', why: 'What its memory holds then means nothing.', source: 'live-migration reference, section 5' }
];
