/**
 * Goal: the driver in sub-block mode plugs and unplugs exactly the sub-blocks that the reference names (virtio-mem 5.1, 5.3,
 * 5.4), whatever the sizes of blocks, region and address.
 * Method: random wishes on an idle movable machine beside a slow model: one boolean per sub-block, one sub-block at a time.
 */
import { expect, it } from 'vitest';
import { GIB, MIB } from '../../src/lib/base/units.ts';
import type { VirtioMemRecord } from '../../src/lib/engine/state/machine-records.ts';
import { Chance, seedOr } from '../support/chance.ts';
import { ask, machine } from '../support/machines.ts';

const BLOCK = 128 * MIB;

class SlowDriver {
	readonly plugged: boolean[][];
	/** Blocks that were ever used: new ones come only after all of these are full. */
	used = 0;
	usable = 0;
	requested = 0;
	readonly first: number;
	readonly addr: number;
	readonly region: number;
	readonly block: number;
	readonly sub: number;
	constructor(addr: number, region: number, block: number, sub = Math.max(block, 2 * MIB)) {
		this.addr = addr;
		this.region = region;
		this.block = block;
		this.sub = sub;
		this.first = Math.ceil(addr / BLOCK);
		this.plugged = Array.from({ length: Math.ceil(region / BLOCK) + 1 }, () => new Array<boolean>(BLOCK / sub).fill(false));
	}
	count(at: number): number {
		return (this.plugged[at] as boolean[]).filter(Boolean).length;
	}
	size(): number {
		return this.plugged.flat().filter(Boolean).length * this.sub;
	}
	wish(bytes: number): void {
		this.requested = bytes;
		const usable = bytes === 0 ? 0 : Math.ceil(Math.min(this.region, bytes + 256 * MIB) / this.block) * this.block;
		this.usable = Math.max(this.usable, usable);
		while (this.size() + this.sub <= bytes && this.plugOne());
		// Decided once per run: a block that is full now is tried only after those that were partly plugged.
		const order = [...this.blocks((count, all) => count > 0 && count < all), ...this.blocks((count, all) => count === all)];
		for (const at of order) while (this.size() - this.sub >= bytes && this.count(at) > 0) this.unplugTop(at);
	}
	private blocks(keep: (count: number, all: number) => boolean): number[] {
		return this.plugged
			.map((_, at) => at)
			.filter((at) => at < this.used && keep(this.count(at), BLOCK / this.sub))
			.reverse();
	}
	private plugOne(): boolean {
		const partial = this.plugged.findIndex((_, at) => at < this.used && this.count(at) > 0 && this.count(at) < BLOCK / this.sub);
		const empty = this.plugged.findIndex((_, at) => at < this.used && this.count(at) === 0);
		let at = partial >= 0 ? partial : empty;
		if (at < 0) {
			if (this.first + this.used >= Math.floor((this.addr + this.usable) / BLOCK)) return false;
			at = this.used;
			this.used += 1;
		}
		const row = this.plugged[at] as boolean[];
		row[row.indexOf(false)] = true;
		return true;
	}
	private unplugTop(at: number): void {
		const row = this.plugged[at] as boolean[];
		row[row.lastIndexOf(true)] = false;
	}
}

it('plugs and unplugs what the slow driver says', () => {
	const chance = new Chance(seedOr(7_213));
	console.info(`seed ${chance.seed}`);
	for (let run = 0; run < 24; run += 1) {
		const block = chance.pick([1, 2, 4, 8, 32, 64]) * MIB;
		const region = block * chance.whole(1, Math.floor((2 * GIB) / block));
		// An address that suits both the device's blocks and the backend's huge pages.
		const step = Math.max(block, 2 * MIB);
		const addr = 4 * GIB + (chance.once(2) ? 0 : step * chance.whole(0, Math.floor((512 * MIB) / step)));
		if (region % (2 * MIB) !== 0) continue;
		const simulation = machine(
			`-machine q35 -smp 2 -m 1G,maxmem=6G,slots=1 -object memory-backend-ram,id=mem0,size=${region / MIB}M -device virtio-mem-pci,id=vm0,memdev=mem0,block-size=${block / MIB}M,memaddr=0x${addr.toString(16)}`,
			'memhp_default_state=online_movable'
		);
		const device = simulation.world.r.virtioMems[0] as VirtioMemRecord;
		const slow = new SlowDriver(addr, region, block);
		const wishes: number[] = [];
		for (let index = 0; index < 12; index += 1) {
			const bytes = chance.once(5) ? 0 : block * chance.whole(0, region / block);
			wishes.push(bytes / MIB);
			slow.wish(bytes);
			const path = '/machine/peripheral/vm0';
			expect(
				ask(simulation, { name: 'qmp', execute: 'qom-set', arguments: { path, property: 'requested-size', value: bytes } }).errno
			).toBeNull();
			simulation.advance(simulation.nowNs + 20e9);
			const where = `seed ${chance.seed}, run ${run}: region ${region / MIB} MiB at 0x${addr.toString(16)}, block ${block / MIB} MiB, wishes ${wishes.join(' ')}`;
			expect([device.pluggedBytes / MIB, device.usableBytes / MIB], where).toEqual([slow.size() / MIB, slow.usable / MIB]);
			for (let at = 0; at < slow.used; at += 1) {
				const bits = Array.from({ length: BLOCK / slow.sub }, (_, sub) => {
					const bit = ((slow.first + at) * BLOCK + sub * slow.sub - addr) / block;
					return ((simulation.world.c.devicePlugged.get(device.firstDeviceWord + (bit >>> 5)) >>> (bit & 31)) & 1) === 1;
				});
				expect(bits, `${where}, memory block ${at}`).toEqual(slow.plugged[at]);
			}
		}
	}
}, 60_000);
