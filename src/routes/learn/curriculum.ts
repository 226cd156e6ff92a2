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
			entry(
				1,
				'What a NUMA node is, and one without CPUs',
				'Say what a page on a node without CPUs costs, and share out DRAM that is too small for all.'
			),
			entry(
				2,
				'Zones: NORMAL and MOVABLE',
				'Say which memory block can be taken out, and which one never comes.'
			),
			entry(
				3,
				'Type is not distance',
				'Tell what distance says about a node, and what nothing in Linux says yet.'
			),
			entry(
				4,
				'Blocks, sub-blocks and what offline means',
				'Choose in which pieces memory is taken away, and what is left whole.'
			),
			entry(
				5,
				'The virtio-mem conversation',
				'Say what a guest gives back when it is asked, and what decides it.'
			)
		]
	},
	{
		number: 'II',
		title: 'Capacity that comes and goes',
		lessons: [
			entry(
				6,
				'Offer, accept, use, release',
				'Follow capacity from an appliance to a program and back, and say which step needs which.'
			),
			entry(
				7,
				'Polite ways and big hammers',
				'Say what a host can give back in a minute, and what taking it by force costs.'
			),
			entry(
				8,
				'Three doors into the VM',
				'Choose how capacity gets into a VM by what must still be known of it there.'
			),
			entry(
				9,
				'Shared is not coherent',
				'Place the fewest flushes and invalidations so that nobody reads anything old.'
			)
		]
	},
	{
		number: 'III',
		title: 'Moving',
		lessons: [
			entry(
				10,
				'Three movers, one page',
				'Keep pages where they are wanted while three others may move them.'
			),
			entry(
				11,
				'Copy a value or pass a reference',
				'Say which addresses of a page change under each way to move it, and describe a guest so that another host finds it.'
			),
			entry(
				12,
				'Three migrations, one workload',
				'Say when pre-copy converges, what nil-migration charges, and choose between them for a given guest. First form: two of the three ways, post-copy is not simulated yet.'
			),
			entry(
				13,
				'The hand-off and the super-page',
				'Order the writes of a hand-off so that no plug, pulled at any moment, leaves two runners or none.'
			),
			entry(
				14,
				'Living in CXL',
				'Say what a VM on the pool survives and what it does not, and keep six of them running through every failure of a host or a port.'
			)
		]
	},
	{
		number: 'IV',
		title: 'Devices',
		lessons: [
			entry(
				15,
				'Where vDPA downtime goes',
				'Say what a network card does while its guest waits, and place that work where nobody waits.'
			),
			entry(
				16,
				'Switching to shadow virtqueues',
				'Say what each way pins, unmaps and maps, and choose one that the card allows.'
			),
			entry(
				17,
				'The collision',
				'Cause a wrong DMA by a plug at the wrong moment, and place rings so that none can come.'
			),
			entry(
				18,
				'Migrating with tagged extents',
				'Say what a VM finds where it arrives, and move it with the bytes it works on without copying one.'
			)
		]
	}
];

/** Ways through the plan for teachers; lessons without a page yet are left out on the map. */
export const ROUTES: readonly { readonly title: string; readonly numbers: readonly number[] }[] = [
	{ title: 'One period', numbers: [1, 2, 12, 13] },
	{ title: 'Networking', numbers: [1, 15, 16, 17] },
	{ title: 'Memory management', numbers: [1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11] }
];
