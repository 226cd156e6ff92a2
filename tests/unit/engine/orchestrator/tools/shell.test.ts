/**
 * Goal: cxl and daxctl at a host of the fabric print what the real tools print and do what they do. Method: hosts with windows
 * over one and two devices, capacity accepted, then one verb after the other.
 */
import { describe, expect, it } from 'vitest';
import type { Simulation } from '../../../../../src/lib/engine/index.ts';
import { ask, fabricSimulation } from '../../../../support/fabric-worlds.ts';

const GIB = 2 ** 30;
const MIB = 2 ** 20;
const MS = 1e6;

function world(more: { profile?: string; targets?: readonly string[] } = {}): Simulation {
	const targets = more.targets ?? ['pool'];
	return fabricSimulation({
		hosts: [
			{
				id: 'A',
				profile: more.profile ?? 'linuxDcd',
				bridges: targets.map((target) => ({ id: `hb-${target}`, ports: [target] })),
				windows: [{ baseHpa: 64 * GIB, bytes: 8 * GIB, targets }]
			}
		],
		devices: targets.map((id) => ({ id, kind: 'sld', hosts: ['A'], regions: [{ bytes: 4 * GIB, blockBytes: 2 * MIB }] }))
	});
}
function offer(simulation: Simulation, tag: string, bytes = 256 * MIB): void {
	expect(
		ask(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-add', { host: 'A', region: 0, policy: 'free', length: bytes, tag }).says
	).toBe('');
	simulation.advance(simulation.nowNs + 100 * MS);
}
/** What a line prints and its status: a list at once, a verb as a command. */
function type(simulation: Simulation, line: string): { text: string; status: number } {
	const answer = simulation.ask({ kind: 'host-tool', host: 'A', line });
	if (answer === null) throw new Error(`${line} is no line of a tool`);
	if (answer.kind === 'text') return answer;
	const outcome = simulation.send(answer.command);
	if (!outcome.ok) throw new Error(outcome.detail);
	return (outcome.value as unknown as { output: { text: string; status: number } }).output;
}
const json = (text: string): unknown => JSON.parse(text.slice(text.search(/^[[{]/m)));
const holds = (simulation: Simulation) => expect(simulation.check().checks.filter((check) => !check.holds)).toEqual([]);
const app = (simulation: Simulation, id: string) => simulation.status().fabric?.apps.find((one) => one.id === id);

describe('cxl list', () => {
	it('has memory devices with their dynamic part, and regions with their extents', () => {
		const simulation = world();
		offer(simulation, 'T');
		expect(json(type(simulation, 'cxl list -N -u').text)).toEqual([
			{ memdevs: [{ memdev: 'mem0', dynamic_ram_1_size: '4.00 GiB (4.29 GB)', serial: '0x0', host: 'pool' }] },
			{
				regions: [
					{
						region: 'region0',
						resource: '0x1000000000',
						size: '4.00 GiB (4.29 GB)',
						interleave_ways: 1,
						interleave_granularity: 256,
						decode_state: 'commit',
						locked: false,
						extents: [{ offset: '0x0', length: '256.00 MiB (268.44 MB)', uuid: 'T' }]
					}
				]
			}
		]);
	});

	it('shows ports, decoders and targets as the tool does, also interleaved over two bridges', () => {
		const simulation = world({ targets: ['pool', 'more'], profile: 'permissive' });
		const decoders = json(type(simulation, 'cxl list -D -T').text) as Record<string, Record<string, unknown>[]>[];
		expect(decoders.map((part) => Object.keys(part)[0])).toEqual(['root decoders', 'port decoders', 'endpoint decoders']);
		expect(decoders[0]?.['root decoders']?.[0]).toMatchObject({
			decoder: 'decoder0.0',
			interleave_ways: 2,
			interleave_granularity: 256,
			nr_targets: 2,
			targets: [{ target: 'hb-more', alias: 'ACPI0016:01', position: 1, id: 1 }, { position: 0 }]
		});
		expect(decoders[2]?.['endpoint decoders']).toMatchObject([{ mode: 'dynamic_ram_1', region: 'region0' }, { mode: 'dynamic_ram_1' }]);
		const region = json(type(simulation, 'cxl list -R -T').text) as { mappings: { position: number; memdev: string }[] }[];
		expect(region[0]?.mappings.map(({ position, memdev }) => [position, memdev]).sort()).toEqual([
			[0, 'mem0'],
			[1, 'mem1']
		]);
		const wide = type(simulation, 'cxl list -vvv').text;
		expect(wide).toContain('"parent_dport":"pool"');
		expect(wide).toContain('"daxregion":{');
		expect(wide).not.toContain('BWFW');
		expect(type(simulation, 'cxl list -Z')).toMatchObject({ status: 129, text: " Error: unknown switch `Z'\n" });
	});
});

describe('regions', () => {
	it('are disabled and destroyed, and made again with what the host had accepted', () => {
		const simulation = world();
		offer(simulation, 'T');
		expect(type(simulation, 'cxl destroy-region region0')).toEqual({
			status: 1,
			text:
				'cxl region: destroy_region: region0 active. Disable it or use --force\n' +
				'cxl region: decoder_region_action: region0: failed: Device or resource busy\n' +
				'cxl region: region_action: one or more failures, last failure: Device or resource busy\n' +
				'cxl region: cmd_destroy_region: destroyed 0 regions\n'
		});
		expect(type(simulation, 'cxl disable-region region0')).toEqual({
			status: 0,
			text: 'cxl region: cmd_disable_region: disabled 1 region\n'
		});
		expect(type(simulation, 'daxctl list').text).toBe('');
		expect(json(type(simulation, 'cxl list -Ri').text)).toMatchObject([{ region: 'region0', state: 'disabled' }]);
		holds(simulation);
		expect(type(simulation, 'cxl destroy-region region0').text).toContain('destroyed 1 region\n');
		expect(type(simulation, 'cxl list -R').text).toBe('[\n]\n');
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 64 * GIB })?.ok).toBe(false);
		const made = type(simulation, 'cxl create-region -t dynamic_ram_1 -d decoder0.0 -m mem0');
		expect(made.status).toBe(0);
		expect(made.text).toMatch(/^cxl region: cmd_create_region: created 1 region\n\{/);
		expect(json(made.text)).toMatchObject({ region: 'region0', size: 4 * GIB, mappings: [{ position: 0, memdev: 'mem0' }] });
		simulation.advance(simulation.nowNs + 100 * MS);
		expect(json(type(simulation, 'daxctl list').text)).toMatchObject([{ uuid: 'T', mode: 'devdax' }]);
		expect(simulation.ask({ kind: 'translate', host: 'A', hpa: 64 * GIB })?.ok).toBe(true);
		holds(simulation);
	});

	it('drop offers while they are disabled, as Linux does', () => {
		const simulation = world();
		type(simulation, 'cxl disable-region all');
		offer(simulation, 'T');
		expect(simulation.status().fabric?.hosts[0]?.log.some(({ text }) => text.includes('the region is disabled (ENXIO)'))).toBe(true);
		expect(simulation.status().fabric?.devices[0]?.lds[0]?.counts.accepted.extents).toBe(0);
		expect(type(simulation, 'cxl enable-region region0').text).toBe('cxl region: cmd_enable_region: enabled 1 region\n');
		offer(simulation, 'U');
		expect(simulation.status().fabric?.devices[0]?.lds[0]?.counts.accepted.extents).toBe(1);
	});

	it('refuse with the lines of the tool what decoder, type, ways, size or granularity do not allow', () => {
		const simulation = world({ targets: ['pool', 'more'] });
		const says = (words: string) => type(simulation, `cxl create-region ${words}`).text.split('\n')[0];
		expect(says('-m mem0')).toBe('cxl region: parse_create_options: no root decoder specified');
		expect(says('-d decoder0.0 mem0')).toBe('cxl region: parse_create_options: must specify option for target object types (-m)');
		expect(says('-d decoder0.0 -t pmem -m mem0')).toBe('cxl region: create_region: unable to determine region size');
		expect(says('-d decoder0.0 -m mem0 -w 2')).toMatch(/Interleave ways 2 is greater than number of memdevs specified: 1/);
		expect(says('-d decoder0.0 -m mem0 -s 1G')).toMatch(/region size 0x40000000 exceeds max available space \(0x0\)/);
		type(simulation, 'cxl destroy-region -f all');
		expect(says('-d decoder0.0 -m mem0 mem1 -g 512')).toMatch(/For an x2 root, only root decoder granularity \(256\) permitted/);
		expect(says('-d decoder0.0 -m mem0 -s 100M')).toBe('cxl region: create_region: region0: set_interleave_ways failed: Invalid argument');
		expect(says('-d decoder0.0 -m mem0 mem1 -s 128M')).toBe('cxl region: create_region: region0: set_size failed: Invalid argument');
		// Regions of dynamic capacity have one way in the series for Linux.
		expect(says('-d decoder0.0 -m mem0 mem1')).toBe('cxl region: create_region: region0: set_interleave_ways failed: Invalid argument');
	});

	it('kill who has their memory mapped: the unbound driver takes the mapping away', () => {
		const simulation = world();
		offer(simulation, 'T');
		ask(simulation, 'orchestrator', 'A', 'launch', { app: 'db', tag: 'T' });
		simulation.advance(simulation.nowNs + 500 * MS);
		expect(app(simulation, 'db')?.state).toBe('running');
		type(simulation, 'cxl disable-region region0');
		expect(app(simulation, 'db')).toMatchObject({ state: 'killed', reason: 'SIGBUS: region0 was disabled under it' });
		holds(simulation);
	});
});

describe('memory devices', () => {
	it('are not disabled under a region unless forced; then offers wait for the driver', () => {
		const simulation = world();
		offer(simulation, 'T');
		expect(type(simulation, 'cxl disable-memdev mem0')).toEqual({
			status: 1,
			text: 'cxl memdev: action_disable: mem0 is part of an active region\ncxl memdev: cmd_disable_memdev: disabled 0 mem\n'
		});
		expect(type(simulation, 'cxl disable-memdev mem0 --force').text).toMatch(/disabled 1 mem\n$/);
		expect(json(type(simulation, 'cxl list -Mi').text)).toMatchObject([{ memdev: 'mem0', state: 'disabled' }]);
		expect(type(simulation, 'daxctl list').text).toBe('');
		offer(simulation, 'U');
		expect(simulation.status().fabric?.devices[0]?.lds[0]?.pendingGroups).toBe(1);
		holds(simulation);
		expect(type(simulation, 'cxl enable-memdev mem0')).toEqual({ status: 0, text: 'cxl memdev: cmd_enable_memdev: enabled 1 mem\n' });
		simulation.advance(simulation.nowNs + 200 * MS);
		expect((json(type(simulation, 'daxctl list').text) as { uuid: string }[]).map(({ uuid }) => uuid)).toEqual(['T', 'U']);
		holds(simulation);
		expect(type(simulation, 'cxl disable-memdev mem7').text).toContain('disabled 0 mem\n');
	});
});

describe('daxctl', () => {
	it('turns a device into system RAM and back, block by block', () => {
		const simulation = world();
		offer(simulation, 'T');
		const made = type(simulation, 'daxctl reconfigure-device --mode=system-ram dax0.0');
		expect(made).toMatchObject({ status: 0 });
		expect(made.text).toMatch(/^reconfigured 1 device\n\[/);
		expect(json(made.text)).toMatchObject([
			{ chardev: 'dax0.0', mode: 'system-ram', online_memblocks: 2, total_memblocks: 2, movable: true }
		]);
		expect(type(simulation, 'daxctl disable-device dax0.0').text).toBe(
			'dax0.0: status operations are only applicable in devdax mode\nerror disabling device: No such device or address\ndisabled 0 devices\n'
		);
		expect(type(simulation, 'daxctl reconfigure-device -m devdax dax0.0').text).toBe(
			'error reconfiguring devices: Device or resource busy\nreconfigured 0 devices\n'
		);
		expect(type(simulation, 'daxctl offline-memory dax0.0').text).toMatch(/offlined memory for 1 device\n$/);
		simulation.advance(simulation.nowNs + 1000 * MS);
		expect(json(type(simulation, 'daxctl list').text)).toMatchObject([{ mode: 'devdax' }]);
		holds(simulation);
	});

	it('destroys a device and takes it again by its uuid: the extents stay accepted', () => {
		const simulation = world();
		offer(simulation, 'T');
		expect(type(simulation, 'daxctl destroy-device dax0.0')).toEqual({
			status: 250,
			text: 'dax0.0 is active, specify --force for deletion\nerror destroying devices: No such device or address\ndestroyed 0 devices\n'
		});
		expect(type(simulation, 'daxctl disable-device dax0.0').text).toBe('disabled 1 device\n');
		expect(json(type(simulation, 'daxctl list -i').text)).toMatchObject([{ state: 'disabled' }]);
		expect(ask(simulation, 'orchestrator', 'A', 'launch', { tag: 'T' }).says).toMatch(/ENXIO/);
		expect(type(simulation, 'daxctl destroy-device dax0.0').text).toBe('destroyed 1 device\n');
		expect(type(simulation, 'daxctl list').text).toBe('');
		expect(ask(simulation, 'orchestrator', 'A', 'launch', { tag: 'T' }).says).toMatch(/ENOENT/);
		expect(type(simulation, 'daxctl create-device -r 0 --uuid=nobody').text).toMatch(
			/failed to claim uuid 'nobody': No such file or directory/
		);
		expect(json(type(simulation, 'daxctl create-device -r 0 --uuid=T').text)).toMatchObject([{ uuid: 'T', size: 256 * MIB }]);
		expect(type(simulation, 'daxctl create-device -r 0').text).toContain('No space left on device');
		expect(ask(simulation, 'orchestrator', 'A', 'launch', { tag: 'T' }).ok).toBe(true);
		holds(simulation);
	});

	it('gives what was destroyed back when the fabric manager asks', () => {
		const simulation = world();
		offer(simulation, 'T');
		type(simulation, 'daxctl destroy-device -f dax0.0');
		ask(simulation, 'fm', 'pool', 'initiate-dynamic-capacity-release', { host: 'A', policy: 'tag-based', tag: 'T' });
		simulation.advance(simulation.nowNs + 200 * MS);
		expect(simulation.status().fabric?.tags).toEqual([]);
		holds(simulation);
	});

	it('says what does not fit: no device, two names, a size, a mode', () => {
		const simulation = world();
		offer(simulation, 'T');
		expect(type(simulation, 'daxctl online-memory').text).toBe('specify a device to online memory for, or "all"\n');
		expect(type(simulation, 'daxctl enable-device dax0.0 dax0.1').text).toBe('unknown extra parameter "dax0.1"\n');
		expect(type(simulation, 'daxctl enable-device dax9.9').text).toBe('enabled 0 devices\n');
		expect(type(simulation, 'daxctl reconfigure-device dax0.0').text).toBe("error: a 'align', 'mode' or 'size' option is required\n");
		expect(type(simulation, 'daxctl reconfigure-device -s 1G dax0.0').text).toBe(
			'error reconfiguring devices: Operation not supported\nreconfigured 0 devices\n'
		);
		expect(type(simulation, 'daxctl reconfigure-device -m odd dax0.0').text).toMatch(/^dax0.0: unknown mode requested: 0\n/);
	});
});

describe('what a host of the fabric cannot mean', () => {
	it('is refused with the reason; an unknown verb as the tools do', () => {
		const simulation = world();
		expect(type(simulation, 'cxl reserve-dpa mem0').text).toBe(
			'cxl reserve-dpa: not on a host of the fabric: create-region sets device memory aside by itself\n'
		);
		expect(type(simulation, 'cxl polish')).toEqual({ kind: 'text', status: 1, text: "Unknown command: 'polish'\n" });
		expect(simulation.ask({ kind: 'host-tool', host: 'A', line: 'load tag=T' })).toBeNull();
		expect(simulation.ask({ kind: 'host-tool', host: 'Z', line: 'cxl list' })).toBeNull();
		ask(simulation, 'fault', 'A', 'crash-host');
		expect(type(simulation, 'cxl list').text).toBe('A is crashed\n');
	});
});
