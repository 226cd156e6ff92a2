/** What is looked at: a block by its number, then a sub-block of it, then a frame. Enter goes in, Escape comes out. */
export class Looking {
	/** Number of the chosen memory block; null follows what happens. */
	block: number | null = $state(null);
	level: 'rooms' | 'block' | 'frames' = $state('rooms');
	subBlock = $state(-1);
	/** Cell of the present level under the cursor. */
	cell = $state(-1);
	/** Index of the zone whose lists are shown; null follows the block. */
	zone: number | null = $state(null);

	choose(block: number): void {
		this.block = block;
		this.zone = null;
		this.level = 'rooms';
		this.subBlock = -1;
		this.cell = -1;
	}

	/** One level in, from the cell `at` of `block`; false on the last level. */
	enter(block: number, at: number): boolean {
		if (this.level === 'frames') return false;
		this.block = block;
		this.subBlock = Math.max(0, at);
		this.cell = this.level === 'rooms' ? this.subBlock : 0;
		this.level = this.level === 'rooms' ? 'block' : 'frames';
		return true;
	}

	/** The cursor on a cell; from the rooms this is a look into the block. */
	point(block: number, at: number): void {
		this.block = block;
		this.cell = at;
		if (this.level === 'frames') return;
		this.level = 'block';
		this.subBlock = at;
	}

	/** One level out; false when there is nothing to leave. */
	out(): boolean {
		if (this.level === 'frames') {
			this.level = 'block';
			this.cell = this.subBlock;
			return true;
		}
		if (this.level === 'block') {
			this.level = 'rooms';
			this.cell = -1;
			this.subBlock = -1;
			return true;
		}
		const had = this.block !== null || this.zone !== null;
		this.block = null;
		this.zone = null;
		return had;
	}
}
