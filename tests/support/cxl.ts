import type { CxlRecord } from '../../src/lib/engine/state/cxl-records.ts';
import type { Simulation } from '../../src/lib/engine/index.ts';
import { ask, machine, write } from './machines.ts';

/** Machines with CXL memory, and their shell. */

export interface CxlTopology {
	/** Sizes of the memory devices of every host bridge, in MiB; one root port each. */
	readonly bridges: readonly (readonly number[])[];
	/** Instead of root ports: all devices of the first bridge hang below one switch. */
	readonly switched?: boolean;
	/** Bridges of each window; default: one window per bridge. */
	readonly windows?: readonly { readonly targets: readonly number[]; readonly gib?: number; readonly granularity?: string }[];
	readonly persistent?: boolean;
	readonly hypervisor?: boolean;
	readonly online?: string;
	readonly extra?: string;
}

/** The command line of a topology in the manner of the recordings. */
export function cxlArgs(topology: CxlTopology): string[] {
	const words = ['-machine', 'q35,cxl=on', '-cpu', topology.hypervisor === true ? 'max' : 'max,-hypervisor', '-smp', '2', '-m', '1G'];
	const device = (text: string): void => void words.push('-device', text);
	topology.bridges.forEach((_, bridge) => device(`pxb-cxl,bus_nr=${12 + bridge * 40},bus=pcie.0,id=hb${bridge}`));
	let serial = 0;
	topology.bridges.forEach((sizes, bridge) => {
		const below = topology.switched === true && bridge === 0;
		if (below) {
			device(`cxl-rp,port=0,bus=hb${bridge},id=rp${bridge}x,chassis=${bridge},slot=0`);
			device(`cxl-upstream,bus=rp${bridge}x,id=us${bridge}`);
		}
		sizes.forEach((megabytes, at) => {
			const id = serial;
			serial += 1;
			const port = `p${id}`;
			if (below) device(`cxl-downstream,port=${at},bus=us${bridge},id=${port},chassis=${bridge},slot=${at + 4}`);
			else device(`cxl-rp,port=${at},bus=hb${bridge},id=${port},chassis=${bridge},slot=${at}`);
			words.push('-object', `memory-backend-ram,id=cm${id},size=${megabytes}M,share=on`);
			const kind = topology.persistent === true ? 'persistent' : 'volatile';
			if (topology.persistent === true) words.push('-object', `memory-backend-ram,id=lsa${id},size=1M`);
			device(`cxl-type3,bus=${port},${kind}-memdev=cm${id}${topology.persistent === true ? `,lsa=lsa${id}` : ''},id=t${id},sn=${id + 1}`);
		});
	});
	const windows: NonNullable<CxlTopology['windows']> = topology.windows ?? topology.bridges.map((_, bridge) => ({ targets: [bridge] }));
	const parts = windows.flatMap((window, at) => [
		...window.targets.map((bridge, place) => `cxl-fmw.${at}.targets.${place}=hb${bridge}`),
		`cxl-fmw.${at}.size=${window.gib ?? 4}G`,
		...(window.granularity === undefined ? [] : [`cxl-fmw.${at}.interleave-granularity=${window.granularity}`])
	]);
	return [...words, '-M', parts.join(','), ...(topology.extra ?? '').split(/\s+/).filter((word) => word !== '')];
}

export function cxlMachine(topology: CxlTopology): Simulation {
	return machine(cxlArgs(topology), `memhp_default_state=${topology.online ?? 'offline'}`);
}

export interface Said {
	readonly rc: number;
	readonly messages: readonly string[];
	readonly json?: unknown;
}

/** A line of cxl or daxctl, run to its end. */
export const shell = (simulation: Simulation, line: string, seconds = 60): Said =>
	ask(simulation, { name: 'shell', line }, seconds).value as unknown as Said;

/** Name of the memory device with a serial number. */
export function memdev(simulation: Simulation, serial: number): string {
	const found = cxl(simulation).memdevs.find((each) => each.serial === serial);
	if (found === undefined) throw new Error(`no memory device has serial number ${serial}`);
	return `mem${found.id}`;
}

export const cxl = (simulation: Simulation): CxlRecord => simulation.world.r.cxl[0] as CxlRecord;

/** echo value > /sys/bus/cxl/devices/PATH. */
export const poke = (simulation: Simulation, path: string, value: string): string =>
	write(simulation, `/sys/bus/cxl/devices/${path}`, value);
