import type { Session } from '$lib/client/session.svelte.ts';
import type { TranslationAnswer } from '$lib/engine/contract/fabric-status.ts';
import type { MachineStatus } from '$lib/engine/contract/machine-status.ts';

/** The byte that is followed through a machine's decoders, and through those of a machine that has the same device. */
export class CxlLadder {
	answers: readonly [TranslationAnswer | null, TranslationAnswer | null] = $state.raw([null, null]);
	#second: number | null = null;
	#asked = '';

	/** Asks again when another byte, another machine or another moment is looked at. */
	async follow(
		session: Session,
		index: number,
		machines: readonly MachineStatus[],
		machine: MachineStatus,
		hpa: number
	): Promise<void> {
		const asked = `${session.turn} ${index} ${machine.id} ${hpa} ${this.#second ?? ''}`;
		if (asked === this.#asked) return;
		this.#asked = asked;
		const ask = (host: string, at: number): Promise<TranslationAnswer | null> =>
			session.ask(index, { kind: 'translate', host, hpa: at });
		const other = companion(machines, machine, hpa);
		try {
			const mine = await ask(machine.id, hpa);
			const theirs = other === null ? null : await ask(other.id, this.#second ?? other.hpa);
			// Another byte may have been asked for meanwhile.
			if (asked === this.#asked) this.answers = [mine, theirs];
		} catch {
			// The last ladders stay until the next turn.
			this.#asked = '';
		}
	}

	/** The second machine's address is set on its own; the first one's takes it along again. */
	setSecond(hpa: number | null): void {
		this.#second = hpa;
	}
}

/** A machine over the same file that has a region: there the byte lies as far above the region's start. */
function companion(
	machines: readonly MachineStatus[],
	machine: MachineStatus,
	hpa: number
): { id: string; hpa: number } | null {
	const mine = machine.cxl?.regions.find(
		(region) => hpa >= region.baseHpa && hpa < region.baseHpa + region.bytes
	);
	const names = new Set(machine.cxl?.memdevs.flatMap((one) => one.sharedWith) ?? []);
	for (const other of machines) {
		const region = names.has(other.id)
			? other.cxl?.regions.find((one) => one.bytes > 0)
			: undefined;
		if (!mine || !region) continue;
		const offset = hpa - mine.baseHpa;
		if (offset < region.bytes) return { id: other.id, hpa: region.baseHpa + offset };
	}
	return null;
}
