/**
 * The order in which a directory of sysfs is read: by a hash of the names (Linux 7.2 fs/kernfs/dir.c, kernfs_name_hash;
 * include/linux/stringhash.h; include/linux/hash.h, hash_64). Tools list what they find in this order, so it shows.
 */
const WORD = 2n ** 64n;
const GOLDEN_RATIO_64 = 0x61c8864680b583ebn;

export function nameHash(name: string): number {
	let hash = 0n;
	for (const character of name) {
		const code = BigInt(character.charCodeAt(0));
		hash = ((hash + (code << 4n) + (code >> 4n)) * 11n) % WORD;
	}
	const folded = Number(((hash * GOLDEN_RATIO_64) % WORD) >> 32n) % 2 ** 31;
	return folded < 2 ? folded + 2 : Math.min(folded, 2 ** 31 - 2);
}

/** Sorted as readdir gives them. */
export function inDirectoryOrder<T>(items: readonly T[], nameOf: (item: T) => string): T[] {
	return items
		.map((item) => ({ item, name: nameOf(item), hash: nameHash(nameOf(item)) }))
		.sort((a, b) => a.hash - b.hash || (a.name < b.name ? -1 : 1))
		.map(({ item }) => item);
}
