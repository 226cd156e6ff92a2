/**
 * A design of a rack: one option for each choice. What an option costs is a price list of ours, in points, so that a design
 * has three figures and never one.
 */
export interface Choice {
	readonly label: string;
	/** What it decides, in a sentence. */
	readonly about: string;
	readonly options: readonly ChoiceOption[];
}
export interface ChoiceOption {
	readonly id: string;
	readonly label: string;
	readonly cost: number;
}

const option = (id: string, label: string, cost: number): ChoiceOption => ({ id, label, cost });

export const CHOICES = {
	lives: {
		label: 'VMs live',
		about:
			'In DRAM of their host they are fast. On the pool another host can reach what they were.',
		options: [
			option('dram', 'in DRAM', 0),
			option('databases', 'databases on pool', 6),
			option('pool', 'all on pool', 10)
		]
	},
	reach: {
		label: 'Reach of the pool',
		about: 'A device with a port for each host is nearer than one behind a switch, and dearer.',
		options: [
			option('switched', 'behind a switch', 10),
			option('multi-headed', 'a port for each host', 18)
		]
	},
	coherent: {
		label: 'Caches',
		about: 'Without coherence what was written last lies in a cache, and dies with its host.',
		options: [option('no', 'not coherent', 0), option('yes', 'coherent device', 8)]
	},
	heartbeat: {
		label: 'Heartbeat',
		about: 'Three beats missed, and a host is taken for dead.',
		options: [option('10ms', '10 ms', 2), option('100ms', '100 ms', 1), option('2s', '2 s', 0)]
	},
	fencing: {
		label: 'Fencing',
		about: 'What keeps a host that only slept from writing when it wakes.',
		options: [
			option('none', 'nobody', 0),
			option('word', 'its own word', 1),
			option('device', 'the device', 4)
		]
	},
	checkpoint: {
		label: 'Checkpoints every',
		about: 'Registers into the super-page: how far a VM goes back, and how often it stands still.',
		options: [
			option('never', 'never', 0),
			option('10s', '10 s', 1),
			option('1s', '1 s', 2),
			option('50ms', '50 ms', 4)
		]
	},
	room: {
		label: 'DRAM of a host',
		about: 'Where VMs in DRAM go when their host is emptied or dead.',
		options: [option('tight', '1 GiB', 0), option('spare', '1.5 GiB', 2)]
	},
	leaving: {
		label: 'A host is emptied',
		about:
			'By reference a VM stays on the pool. A copy ends in DRAM of the other host, and stays there.',
		options: [option('copy', 'by copy', 0), option('pool', 'by the pool', 1)]
	},
	spread: {
		label: 'Placing',
		about: 'Two VMs on each host, or four on two hosts with two kept free.',
		options: [option('even', 'two on each', 0), option('packed', 'four on two', 0)]
	}
} as const satisfies Record<string, Choice>;

export type ChoiceId = keyof typeof CHOICES;
export const CHOICE_IDS = Object.keys(CHOICES) as ChoiceId[];
export type Design = Readonly<Record<ChoiceId, string>>;

/** The first option of each choice: what costs least. */
export const CHEAPEST: Design = Object.fromEntries(
	CHOICE_IDS.map((id) => [id, CHOICES[id].options[0].id])
) as Design;

export const optionOf = (design: Design, id: ChoiceId): ChoiceOption =>
	(CHOICES[id].options as readonly ChoiceOption[]).find((each) => each.id === design[id]) ??
	CHOICES[id].options[0];

/** A pool that nothing lies on is none: neither its reach nor its coherence is paid for. */
const WITHOUT_POOL: readonly ChoiceId[] = ['reach', 'coherent'];
export const isPaid = (design: Design, id: ChoiceId): boolean =>
	design.lives !== 'dram' || !WITHOUT_POOL.includes(id);

export const costOf = (design: Design): number =>
	CHOICE_IDS.reduce((sum, id) => sum + (isPaid(design, id) ? optionOf(design, id).cost : 0), 0);

/** Points that a design may cost. */
export const BUDGET = 45;

/** One that holds, and three that somebody might try first. */
export const WITNESS: Design = {
	lives: 'pool',
	reach: 'multi-headed',
	coherent: 'yes',
	heartbeat: '10ms',
	fencing: 'device',
	checkpoint: '1s',
	room: 'tight',
	leaving: 'pool',
	spread: 'even'
};
export const NAIVE: readonly {
	readonly id: string;
	readonly belief: string;
	readonly design: Design;
}[] = [
	{
		id: 'dram',
		belief: 'A dead host’s VMs are simply started again.',
		design: { ...WITNESS, lives: 'dram', room: 'spare' }
	},
	{
		id: 'immortal',
		belief: 'On shared memory nothing can be lost.',
		design: { ...WITNESS, checkpoint: 'never' }
	},
	{
		id: 'trusting',
		belief: 'A host that is silent is dead.',
		design: { ...WITNESS, fencing: 'none', heartbeat: '100ms' }
	},
	{
		id: 'far',
		belief: 'Memory is memory, coherence is a luxury.',
		design: { ...WITNESS, reach: 'switched', coherent: 'no' }
	},
	{
		id: 'copying',
		belief: 'A VM is moved by copying it.',
		design: { ...WITNESS, leaving: 'copy' }
	}
];
