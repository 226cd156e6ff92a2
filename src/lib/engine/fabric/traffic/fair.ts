/** Who wants how much, over which links (places in the list of capacities). */
export interface Wish {
	readonly demand: number;
	readonly links: readonly number[];
}

/**
 * Max-min fair rates by progressive filling: everybody grows alike until a link is full or a wish is met. The narrowest place
 * is filled first and those that use it are held at their share.
 */
export function fairRates(wishes: readonly Wish[], capacities: readonly number[]): number[] {
	const room = [...capacities];
	const rates = wishes.map(() => 0);
	const open = wishes.map((wish) => wish.demand > 0);
	for (;;) {
		const users = room.map(() => 0);
		wishes.forEach((wish, at) => {
			if (open[at]) for (const link of new Set(wish.links)) users[link] = (users[link] as number) + 1;
		});
		let step = Infinity;
		wishes.forEach((wish, at) => {
			if (!open[at]) return;
			step = Math.min(step, wish.demand - (rates[at] as number));
			for (const link of wish.links) step = Math.min(step, (room[link] as number) / (users[link] as number));
		});
		if (step === Infinity) return rates;
		wishes.forEach((wish, at) => {
			if (!open[at]) return;
			rates[at] = (rates[at] as number) + step;
			for (const link of wish.links) room[link] = (room[link] as number) - step;
		});
		wishes.forEach((wish, at) => {
			if (!open[at]) return;
			const full = wish.links.some((link) => (room[link] as number) < 1);
			if (full || wish.demand - (rates[at] as number) < 1) open[at] = false;
		});
	}
}
