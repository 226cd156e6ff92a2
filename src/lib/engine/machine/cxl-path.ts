import { osRecord } from '../mm/os/os.ts';
import type { World } from '../state/world.ts';
import { machineOf } from './machine-of.ts';

/** A type 3 device and the logical device behind it, or why there is none. */
export type Type3 = { readonly device: number; readonly ld: number } | 'nothing' | 'another';
export type ResolveType3 = (path: string) => Type3;

/** The type 3 device of a machine that a path names, whole or in part (qom/object.c, object_resolve_path_type). */
export function resolveType3(world: World, os: number, path: string): Type3 {
	const { id } = osRecord(world, os);
	const machine = machineOf(world, os);
	const anonymous = machine.devices.filter((device) => device.id === '');
	const objects = [
		...machine.devices.map((device) => ({
			parts: ['machine', ...(device.id === '' ? ['peripheral-anon', `device[${anonymous.indexOf(device)}]`] : ['peripheral', device.id])],
			type: device.type
		})),
		...machine.objects.map((object) => ({ parts: ['objects', object.id], type: object.type }))
	];
	const wanted = path.split('/').filter((part) => part !== '');
	const matches = objects.filter(({ parts }) => {
		const tail = path.startsWith('/') ? parts : parts.slice(parts.length - wanted.length);
		return tail.length === wanted.length && tail.every((part, index) => part === wanted[index]);
	});
	const type3 = matches.filter((object) => object.type === 'cxl-type3');
	if (type3.length !== 1) return matches.length === 0 || type3.length > 1 ? 'nothing' : 'another';
	const name = type3[0]?.parts.at(-1) ?? '';
	return { device: world.r.fabric.devices.findIndex((device) => device.machine === os && device.id === `${id}.${name}`), ld: 0 };
}
