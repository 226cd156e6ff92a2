import { uniformInt } from 'pure-rand/distribution/uniformInt';
import { xoroshiro128plus } from 'pure-rand/generator/xoroshiro128plus';

/** Chance out of a seed that the test prints: the same in every run. */
export class Chance {
	readonly seed: number;
	private readonly generator: ReturnType<typeof xoroshiro128plus>;

	constructor(seed: number) {
		this.seed = seed;
		this.generator = xoroshiro128plus(seed);
	}

	/** A whole number from `from` to `to`, both included. */
	whole(from: number, to: number): number {
		return uniformInt(this.generator, from, to);
	}

	/** True once in `times`. */
	once(times: number): boolean {
		return this.whole(1, times) === 1;
	}

	pick<T>(list: readonly T[]): T {
		return list[this.whole(0, list.length - 1)] as T;
	}
}

/** The seed named on the command line, or the fixed one that every commit runs. */
export function seedOr(fixed: number): number {
	const asked = Number(process.env['FUZZ_SEED']);
	return Number.isInteger(asked) && asked !== 0 ? asked : fixed;
}
