/** The map of the curriculum. A lesson that has a page takes its title from its own files; the others are plain text. */
export interface MapEntry {
	readonly number: number;
	readonly title: string;
	/** What one can do afterwards. */
	readonly goal: string;
}

export interface Unit {
	readonly number: string;
	readonly title: string;
	readonly lessons: readonly MapEntry[];
}

const entry = (number: number, title: string, goal = ''): MapEntry => ({ number, title, goal });

export const UNITS: readonly Unit[] = [
	{
		number: 'I',
		title: 'Places',
		lessons: [
			entry(1, 'What a NUMA node is, and one without CPUs'),
			entry(2, 'Zones: NORMAL and MOVABLE'),
			entry(3, 'Type is not distance'),
			entry(4, 'Blocks, sub-blocks and what offline means'),
			entry(5, 'The virtio-mem conversation')
		]
	},
	{
		number: 'II',
		title: 'Capacity that comes and goes',
		lessons: [
			entry(6, 'Offer, accept, use, release'),
			entry(7, 'Polite ways and big hammers'),
			entry(8, 'Three doors into the VM'),
			entry(9, 'Shared is not coherent')
		]
	},
	{
		number: 'III',
		title: 'Moving',
		lessons: [
			entry(10, 'Three movers in a race'),
			entry(11, 'Copy a value or pass a reference'),
			entry(
				12,
				'Three migrations, one workload',
				'Say when pre-copy converges, what nil-migration charges, and choose between them for a given guest. First form: two of the three ways, post-copy is not simulated yet.'
			),
			entry(13, 'The hand-off and the super-page'),
			entry(14, 'Living in CXL')
		]
	},
	{
		number: 'IV',
		title: 'Devices',
		lessons: [
			entry(15, 'Where vDPA downtime goes'),
			entry(16, 'Switching to shadow virtqueues'),
			entry(17, 'The collision'),
			entry(18, 'Migrating with tagged extents')
		]
	}
];
