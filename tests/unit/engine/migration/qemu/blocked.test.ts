/** Goal: what keeps a VM from migrating says so at every place where QEMU asks. Method: small worlds, one line per place; texts of hw/vfio/migration.c, target/i386/sev.c, hw/core/qdev.c, migration/migration.c. */
import { describe, expect, it } from 'vitest';
import { ask, caps, GO, LISTEN, openGuest, say, set, type Word } from '../../../../support/monitor.ts';

const VFIO = '0000:3b:00.0: VFIO migration is not supported in kernel';
const SEV = 'SEV: Migration is not implemented';

describe('migrate', () => {
	it.each<readonly [string, Record<string, unknown>, readonly Word[], string | null]>([
		['a secure VM', { ways: { secure: true } }, [], SEV],
		['a TDX guest', { qemu: { devices: ['tdx-guest'] } }, [], 'State blocked by non-migratable CPU device (invtsc flag)'],
		['a device of the world', { ways: { passThrough: true } }, [], VFIO],
		['one at another address', { qemu: { devices: ['vfio-pci'], passedThrough: '0000:c1:00.1' } }, [], VFIO.replace('3b:00.0', 'c1:00.1')],
		[
			'one without a log',
			{ qemu: { devices: ['vfio-pci-untracked'] } },
			[],
			"0000:3b:00.0: VFIO device doesn't support device and IOMMU dirty tracking"
		],
		['one that migrates', { qemu: { devices: ['vfio-pci-migratable'] } }, [], null],
		[
			'one that migrates, by post-copy',
			{ qemu: { devices: ['vfio-pci-migratable'] } },
			[caps('A', 'postcopy-ram')],
			'0000:3b:00.0: VFIO migration is not supported with postcopy migration'
		],
		['the youngest reason first', { qemu: { devices: ['sev-guest', 'vfio-pci'] } }, [], VFIO],
		[
			'a state before any reason',
			{ qemu: { devices: ['sev-guest', 'nvme'] } },
			[],
			"State blocked by non-migratable device '0000:00:01.0/nvme'"
		],
		['one that was plugged', {}, [['A', 'device_add', { driver: 'vfio-pci', id: 'v' }]], VFIO],
		[
			'one that was plugged and taken out',
			{},
			[
				['A', 'device_add', { driver: 'vfio-pci', id: 'v' }],
				['A', 'device_del', { id: 'v' }]
			],
			null
		]
	])('%s', (_what, vm, words, text) => {
		expect(say(openGuest(vm), ...words, LISTEN, GO)).toBe(text);
	});

	it('lists reasons the oldest first, states behind them', () => {
		expect(ask(openGuest({ qemu: { devices: ['sev-guest', 'vfio-pci', 'nvme'] } }), 'A')['blocked-reasons']).toEqual([
			SEV,
			VFIO,
			'non-migratable device: 0000:00:02.0/nvme'
		]);
	});

	it('a reason stands in the lists of the modes that it blocks', () => {
		const reboot = set({ mode: 'cpr-reboot' });
		const file: Word = ['A', 'migrate', { uri: 'file:/state' }];
		expect(say(openGuest({ qemu: { devices: ['sev-guest'] } }), reboot, file)).toBe(SEV);
		const passed = openGuest({ qemu: { devices: ['vfio-pci'] } });
		expect(say(passed, reboot, file)).toBeNull();
		// It begins, and the device objects: its guest is not suspended.
		expect(ask(passed, 'A')).toMatchObject({
			status: 'failed',
			'error-desc': 'VFIO device only supports cpr-reboot for runstate suspended'
		});
	});
});

describe('-only-migratable', () => {
	const starts = (vm: Record<string, unknown>): string => {
		try {
			openGuest(vm);
			return 'starts';
		} catch (error) {
			return (error as Error).message;
		}
	};
	const only = (devices: readonly string[]) => ({ qemu: { onlyMigratable: true, devices } });
	const not = (reason: string): string => `vms[0]: disallowing migration blocker (--only-migratable) for: ${reason}`;
	it.each<readonly [string, Record<string, unknown>, string]>([
		['a state that cannot be written', only(['nvme']), 'vms[0]: Device nvme is not migratable, but --only-migratable was specified'],
		['a blocker', only(['vfio-pci']), not(VFIO)],
		['a secure VM', { ...only([]), ways: { secure: true } }, not(SEV)],
		['a passed-through device', { ...only([]), ways: { passThrough: true } }, not(VFIO)],
		[
			'a vDPA device with packed rings',
			{ ...only([]), vdpa: { nics: [{ id: 'net0', kind: 'platform', features: ['packed'] }] } },
			not('net0: SVQ Invalid device feature flags: RING_PACKED')
		],
		['one with a stand-in', { ...only([]), ways: { failover: {} } }, 'starts'],
		['what blocks nothing', only(['virtio-9p', 'cxl-type3']), 'starts']
	])('%s', (_what, vm, text) => {
		expect(starts(vm)).toBe(text);
	});

	it('a folder that the guest would mount: QEMU starts, the mount is refused, nothing blocks', () => {
		const simulation = openGuest(only(['virtio-9p-mounted']));
		expect(ask(simulation, 'A')['blocked-reasons']).toBeUndefined();
		expect(say(simulation, LISTEN, GO)).toBeNull();
	});

	it('nothing of the kind is plugged', () => {
		const plug = (driver: string): string | null => say(openGuest(only([])), ['A', 'device_add', { driver, id: 'd' }]);
		expect(plug('vfio-pci')).toBe(`disallowing migration blocker (--only-migratable) for: ${VFIO}`);
		expect(plug('nvme')).toBe('Device nvme is not migratable, but --only-migratable was specified');
		expect(plug('e1000e')).toBeNull();
	});
});
