import type { Box, Point } from '../geometry/box.ts';
import type { CxlLayout } from './layout.ts';
import { wayTo, type CxlScene } from './scene.ts';

/** Lines from stripes over bridges and switches to devices; lit is the way of the followed byte. */
export interface DrawnLink {
	readonly key: string;
	readonly d: string;
	readonly lit: boolean;
}

export function linksDown(
	scene: CxlScene,
	layout: CxlLayout,
	/** Whose each stripe of this round is. */
	round: readonly number[],
	/** The stripe that is hit, −1: none. */
	hitAt: number,
	device: string | null
): DrawnLink[] {
	const path = device === null ? [] : wayTo(scene, device);
	const boxOf = (name: string | null | undefined): Box | null =>
		layout.ports.find((one) => one.port.name === name)?.box ?? null;
	const stripes = layout.stripes.slice(0, scene.ways).flatMap((stripe, at): DrawnLink[] => {
		const way = round[at] ?? -1;
		const memdev = scene.answering[way];
		const beyond = memdev ? wayTo(scene, memdev)[0] : undefined;
		const bridge = boxOf(scene.region ? beyond : scene.window.targets[way]);
		return bridge ? [{ key: `s${at}`, d: curve(stripe, bridge), lit: at === hitAt }] : [];
	});
	const below = (name: string, parent: string | null, place: Box, lit: boolean): DrawnLink[] => {
		const above = boxOf(parent);
		return above ? [{ key: name, d: curve(above, place), lit }] : [];
	};
	return [
		...stripes,
		...layout.ports.flatMap(({ port, box }) =>
			below(port.name, port.parent, box, path.includes(port.name))
		),
		...layout.devices.flatMap(({ memdev, box }) =>
			below(memdev.name, memdev.parent, box, memdev.name === device)
		)
	];
}

/** From the middle of one's lower edge to the middle of the other's upper edge. */
function curve(above: Box, below: Box): string {
	const a: Point = { x: above.x + above.width / 2, y: above.y + above.height };
	const b: Point = { x: below.x + below.width / 2, y: below.y };
	const half = (a.y + b.y) / 2;
	return `M${a.x} ${a.y}C${a.x} ${half} ${b.x} ${half} ${b.x} ${b.y}`;
}
