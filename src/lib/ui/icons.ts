/** Line icons on a 20 × 20 grid, stroke 1.75 in the colour of the text. `fill` parts are filled instead. */
export interface IconShape {
	readonly d: string;
	readonly fill?: string;
}

export const ICONS = {
	logo: { d: 'M2 14.5h5.5c4 0 5.5-8 10.5-8M7.5 14.5H18', fill: '' },
	undo: { d: 'M7.5 4 4 7.5 7.5 11M4 7.5h8.2a4 4 0 0 1 0 8H8.5' },
	redo: { d: 'M12.5 4 16 7.5 12.5 11M16 7.5H7.8a4 4 0 0 0 0 8h3.7' },
	share: { d: 'M10 12.5v-9M6.5 6.5 10 3l3.5 3.5M6 9.5H4.5v7h11v-7H14' },
	help: {
		d: 'M7.3 7.6c0-3.6 5.6-3.4 5.4 0-.1 2.2-2.7 2-2.7 4.4',
		fill: 'M10 14.4a1.1 1.1 0 1 0 .01 0z'
	},
	moon: { d: 'M16.2 11.8A6.7 6.7 0 1 1 8.2 3.8a5.3 5.3 0 0 0 8 8z' },
	sun: {
		d: 'M10 6.6a3.4 3.4 0 1 0 .01 0zM10 2v1.8M10 16.2V18M2 10h1.8M16.2 10H18M4.3 4.3l1.3 1.3M14.4 14.4l1.3 1.3M4.3 15.7l1.3-1.3M14.4 5.6l1.3-1.3'
	},
	system: { d: 'M10 3.5a6.5 6.5 0 1 0 .01 0z', fill: 'M10 3.5a6.5 6.5 0 0 1 0 13z' },
	projector: { d: 'M2.5 3.5h15M4 3.5v9h12v-9M10 12.5v2M7 17l3-2.5 3 2.5' },
	motion: { d: 'M3 13.5c3 0 3-7 6.5-7 3 0 2.5 7 6 7M13.8 11l2.2 2.5-2.2 2.5' },
	still: { d: 'M4 4.5h5v11H4zM11 4.5h5v11h-5z' },
	find: { d: 'M8.7 3.7a5 5 0 1 0 .01 0zM12.4 12.4 16.5 16.5' },
	open: { d: 'M3.5 15.5v-11h4.5l1.7 2h6.8v9zM10 13.5v-4.5M7.9 11 10 9l2.1 2' },
	scenario: { d: 'M4 3.5h12v5H4zM4 11.5h12v5H4zM13 6h.01M13 14h.01' },
	load: { d: 'M2.5 12.5h2.3l2-5 2.7 7 2.6-10 2 8h3.4' },
	pin: { d: 'M6.5 3.5h7M8 3.5v5L6 11h8l-2-2.5v-5M10 11v6' },
	cancel: { d: 'M10 3.5a6.5 6.5 0 1 0 .01 0zM7.6 7.6l4.8 4.8M12.4 7.6l-4.8 4.8' },
	copy: { d: 'M3.5 5.5h5v9h-5zM12 5.5h4.5v9H12zM5 10h8.5M11.6 8l2 2-2 2' },
	transit: { d: 'M2.5 14h3.2c3.5 0 4.3-8 8.6-8h3.2M15 3.5 17.5 6 15 8.5' },
	compare: { d: 'M3 3.5h14v5.5H3zM3 11h14v5.5H3zM7 3.5V9M7 11v5.5' },
	console: { d: 'M2.5 4h15v12h-15zM5.5 7.5 8 10l-2.5 2.5M10 12.5h4' },
	check: { d: 'M10 3 16 5v5c0 3.6-2.4 5.8-6 7-3.6-1.2-6-3.4-6-7V5zM7.3 9.8l2 2 3.5-3.8' },
	toStart: { d: 'M4.5 4v12', fill: 'M16 4.5v11L7 10z' },
	back: { d: '', fill: 'M14.5 4.5v11L5.5 10z' },
	play: { d: '', fill: 'M5.5 3.5v13L16 10z' },
	pause: { d: '', fill: 'M5 4h3.5v12H5zM11.5 4H15v12h-3.5z' },
	step: { d: '', fill: 'M5.5 4.5v11L14.5 10z' },
	close: { d: 'M5 5l10 10M15 5 5 15' },
	link: {
		d: 'M8.5 11.5a3.2 3.2 0 0 0 4.6 0l2.4-2.4a3.2 3.2 0 0 0-4.6-4.6L10 5.4M11.5 8.5a3.2 3.2 0 0 0-4.6 0L4.5 10.9a3.2 3.2 0 0 0 4.6 4.6l.9-.9'
	},
	file: { d: 'M5 3h6.5L15 6.5V17H5zM11.5 3v3.5H15' },
	zoomIn: { d: 'M10 5v10M5 10h10' },
	zoomOut: { d: 'M5 10h10' },
	whole: { d: 'M3 5v10M17 5v10M5.5 10h9M7.5 7.5 5 10l2.5 2.5M12.5 7.5 15 10l-2.5 2.5' },
	fork: {
		d: 'M6 3v14M6 11c0-3.5 7-2 7-6.5',
		fill: 'M13 2.2a1.9 1.9 0 1 0 .01 0zM6 14.6a1.9 1.9 0 1 0 .01 0z'
	},
	inspector: { d: 'M3.5 4h13v12h-13zM12 4v12' },
	arrowRight: { d: 'M3.5 10h12M11 5.5 15.5 10 11 14.5' },
	lock: { d: 'M5 9h10v7H5zM7 9V7a3 3 0 0 1 6 0v2' },
	tick: { d: 'M4.5 10.5l3.5 3.5 7.5-8' },
	cross: { d: 'M5 5l10 10M15 5 5 15' },
	warning: { d: 'M10 3 17.5 16.5h-15zM10 8v4', fill: 'M10 13.2a1 1 0 1 0 .01 0z' },
	more: {
		d: '',
		fill: 'M4.5 8.6a1.4 1.4 0 1 0 .01 0zM10 8.6a1.4 1.4 0 1 0 .01 0zM15.5 8.6a1.4 1.4 0 1 0 .01 0z'
	}
} as const satisfies Record<string, IconShape>;

export type IconName = keyof typeof ICONS;
