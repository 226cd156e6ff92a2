/** States as rows of small numbers, each kept once: an open hash over them. */
export class Rows {
	readonly width: number;
	count = 0;
	private data: Uint16Array;
	private buckets: Int32Array;

	constructor(width: number) {
		this.width = width;
		this.data = new Uint16Array(width * 1024);
		this.buckets = new Int32Array(4096).fill(-1);
	}

	copy(row: number, into: Uint16Array): void {
		const from = row * this.width;
		for (let at = 0; at < this.width; at += 1) into[at] = this.data[from + at] as number;
	}

	/** Number of the row, or −1 − number when it was new. */
	add(row: Uint16Array): number {
		if (this.count * 2 >= this.buckets.length) this.grow();
		const mask = this.buckets.length - 1;
		let bucket = hashOf(row) & mask;
		for (let known = this.buckets[bucket] as number; known >= 0; known = this.buckets[bucket] as number) {
			if (this.same(known, row)) return known;
			bucket = (bucket + 1) & mask;
		}
		if ((this.count + 1) * this.width > this.data.length) {
			const larger = new Uint16Array(this.data.length * 2);
			larger.set(this.data);
			this.data = larger;
		}
		this.data.set(row, this.count * this.width);
		this.buckets[bucket] = this.count;
		this.count += 1;
		return -this.count;
	}

	private same(known: number, row: Uint16Array): boolean {
		const from = known * this.width;
		for (let at = 0; at < this.width; at += 1) if (this.data[from + at] !== row[at]) return false;
		return true;
	}

	private grow(): void {
		this.buckets = new Int32Array(this.buckets.length * 4).fill(-1);
		const mask = this.buckets.length - 1;
		const row = new Uint16Array(this.width);
		for (let known = 0; known < this.count; known += 1) {
			this.copy(known, row);
			let bucket = hashOf(row) & mask;
			while ((this.buckets[bucket] as number) >= 0) bucket = (bucket + 1) & mask;
			this.buckets[bucket] = known;
		}
	}
}

function hashOf(row: Uint16Array): number {
	let h = 0x811c9dc5;
	for (let at = 0; at < row.length; at += 1) h = Math.imul(h ^ (row[at] as number), 0x01000193) ^ (h >>> 15);
	h = Math.imul(h ^ (h >>> 16), 0x85ebca6b);
	return (h ^ (h >>> 13)) >>> 0;
}
