import fc from 'fast-check';
import { describe, expect, it } from 'vitest';
import {
	blockWord,
	GUEST_BLOCK_LIMIT,
	mapBlock,
	mapDetailIndex,
	mapDetailWord,
	MapKind,
	mapKind,
	mapMemory,
	mapWordOf,
	packOwner,
	payloadGuestBlock,
	payloadUseClass,
	payloadUseParameter,
	payloadVm,
	unpackOwner,
	usePayload,
	VM_LIMIT,
	vmPayload,
	wordKind,
	wordMigratetype,
	wordPayload
} from '../../src/lib/engine/contract/words.ts';

const upTo = (most: number) => fc.integer({ min: 0, max: most });

describe('packed words', () => {
	it('of blocks', () => {
		fc.assert(
			fc.property(upTo(7), upTo(2), upTo(2 ** 27 - 1), (kind, migratetype, payload) => {
				const word = blockWord(kind, migratetype, payload);
				expect([word >>> 0, wordKind(word), wordMigratetype(word), wordPayload(word)]).toEqual([word, kind, migratetype, payload]);
			})
		);
	});

	it('of guest blocks in them', () => {
		fc.assert(
			fc.property(upTo(VM_LIMIT - 1), upTo(GUEST_BLOCK_LIMIT - 1), (vm, guestBlock) => {
				const payload = wordPayload(blockWord(3, 1, vmPayload(vm, guestBlock)));
				expect([payloadVm(payload), payloadGuestBlock(payload)]).toEqual([vm, guestBlock]);
			})
		);
	});

	it('of uses', () => {
		fc.assert(
			fc.property(upTo(3), upTo(2 ** 24 - 1), (useClass, parameter) => {
				const payload = usePayload(useClass, parameter);
				expect([payloadUseClass(payload), payloadUseParameter(payload)]).toEqual([useClass, parameter]);
			})
		);
	});

	it('of mappings', () => {
		fc.assert(
			fc.property(upTo(2), upTo(63), upTo(2 ** 24 - 1), upTo(2 ** 30 - 1), (kind, memory, block, detail) => {
				const word = mapWordOf(kind, memory, block);
				expect([mapKind(word), mapMemory(word), mapBlock(word)]).toEqual([kind, memory, block]);
				expect([mapKind(mapDetailWord(detail)), mapDetailIndex(mapDetailWord(detail))]).toEqual([MapKind.detail, detail]);
			})
		);
	});

	it('of owners', () => {
		fc.assert(
			fc.property(fc.integer({ min: -1, max: 15 }), upTo(8), upTo(0xffff), upTo(0xffffffff), (owner, state, incarnation, token) => {
				const word = { owner, state, incarnation, token };
				expect(unpackOwner(packOwner(word))).toEqual(word);
				expect(BigInt.asUintN(64, packOwner(word))).toBe(packOwner(word));
			})
		);
	});
});
