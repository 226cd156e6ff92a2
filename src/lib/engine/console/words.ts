import type { ConsoleManner, ConsoleWord } from '../contract/console.ts';
import { PROCESS_WORDS } from '../contract/process-words.ts';

/** Every word that the console knows: completed, explained and printed by `help` from this table. */

const word =
	(manner: ConsoleManner) =>
	(name: string, form: string, sentence: string, source: string): ConsoleWord => ({ word: name, form, sentence, source, manner });
const shell = word('shell');
const monitor = word('monitor');

const SHELL: readonly ConsoleWord[] = [
	shell(
		'cat',
		'cat PATH…',
		'Prints files of /proc and /sys as the kernel writes them at this moment.',
		'coreutils; Linux 7.2.13 mm/vmstat.c, drivers/base'
	),
	shell(
		'cxl',
		'cxl list | create-region | enable-region | disable-region | destroy-region …',
		'Lists the CXL topology and makes, enables, disables and destroys regions.',
		'ndctl 85 cxl/'
	),
	shell(
		'daxctl',
		'daxctl list | reconfigure-device | online-memory | offline-memory | … DEVICE',
		'Lists dax devices and turns them from devdax to system-ram and back.',
		'ndctl 85 daxctl/'
	),
	shell('dmesg', 'dmesg', 'Prints the lines of the kernel log that the model has.', 'util-linux; kernel/printk/printk.c'),
	shell(
		'echo',
		'echo VALUE > PATH',
		'Writes a value into a file; in sysfs a write is an order to the kernel.',
		'Documentation/admin-guide/mm/memory-hotplug.rst'
	),
	shell('grep', 'grep TEXT PATH', 'Prints the lines of a file that contain a text; also behind a pipe.', 'grep'),
	shell('help', 'help [WORD]', 'Explains a word, or lists them all.', 'our own'),
	shell('kill', 'kill [-INT] PID', 'Ends a process; -INT interrupts the call that it waits in.', 'kill(2), signal(7)'),
	shell('ls', 'ls [-l] [PATH]', 'Lists a folder of /proc or /sys.', 'coreutils'),
	shell(
		'migratepages',
		'migratepages PID FROM TO',
		'Moves all pages of a process from some nodes to others.',
		'numactl 2.0.19; migrate_pages(2)'
	),
	shell(
		'modprobe',
		'modprobe [-r] virtio_mem',
		'Loads the driver of virtio-mem, or takes it out.',
		'kmod; Linux 7.2.13 drivers/virtio/virtio_mem.c'
	),
	shell('numactl', 'numactl -H', 'Lists nodes with their CPUs, sizes and distances.', 'numactl 2.0.19'),
	shell('ps', 'ps', 'Lists the processes of the machine.', 'procps'),
	shell(
		'rmmod',
		'rmmod virtio_mem',
		'Takes the driver of virtio-mem out; memory that it added stays.',
		'kmod; Linux 7.2.13 drivers/virtio/virtio_mem.c'
	),
	shell('sysctl', 'sysctl [-w] NAME[=VALUE]', 'Prints or sets a value under /proc/sys.', 'procps'),
	shell('timeout', 'timeout SECONDS cxl … | daxctl …', 'Ends the command when it takes longer.', 'coreutils'),
	shell('^C', '^C [CALL]', 'Interrupts a call, by default the last one that still runs (SIGINT).', 'signal(7)')
];

const MONITOR: readonly ConsoleWord[] = [
	monitor('cont', 'cont', 'The machine goes on.', 'QEMU 11.1.3 monitor'),
	monitor(
		'device_add',
		'device_add DRIVER,id=…,…',
		'Plugs a device: a DIMM (pc-dimm) or a virtio-mem device.',
		'QEMU 11.1.3 system/qdev-monitor.c'
	),
	monitor(
		'device_del',
		'device_del ID',
		'Asks the guest to let a device go; nothing happens until it agrees.',
		'QEMU 11.1.3 system/qdev-monitor.c'
	),
	monitor(
		'info',
		'info memory-devices | numa | status',
		'Prints memory devices with their sizes, nodes with theirs, or whether the machine runs.',
		'QEMU 11.1.3 monitor'
	),
	monitor(
		'migrate',
		'migrate URI',
		'Starts a migration of the machine: while it runs, virtio-mem answers BUSY.',
		'QEMU 11.1.3 hw/virtio/virtio-mem.c'
	),
	monitor('migrate_cancel', 'migrate_cancel', 'Breaks the migration off.', 'QEMU 11.1.3 migration/migration.c'),
	monitor('object_add', 'object_add memory-backend-ram,id=…,size=…', 'Makes memory that a device can be backed by.', 'QEMU 11.1.3 qom'),
	monitor('object_del', 'object_del ID', 'Takes an unused memory backend away.', 'QEMU 11.1.3 qom'),
	monitor('qom-get', 'qom-get PATH PROPERTY', 'Prints a property of a device.', 'QEMU 11.1.3 qom/qom-hmp-cmds.c'),
	monitor(
		'qom-set',
		'qom-set PATH PROPERTY VALUE',
		'Sets a property; requested-size is the wish of the host, the guest decides.',
		'QEMU 11.1.3 qom/qom-hmp-cmds.c'
	),
	monitor('stop', 'stop', 'Stops the virtual CPUs.', 'QEMU 11.1.3 monitor'),
	monitor('system_wakeup', 'system_wakeup', 'Wakes a machine that sleeps in RAM.', 'QEMU 11.1.3 system/runstate.c'),
	monitor(
		'system_reset',
		'system_reset',
		'Resets the machine: virtio-mem unplugs everything, unless it is busy.',
		'QEMU 11.1.3 hw/virtio/virtio-mem.c'
	)
];

const PROCESS: readonly ConsoleWord[] = PROCESS_WORDS.map((entry) => ({ ...entry, manner: 'process' }));

/** Commands that also have a short name. */
export const ALIASES: Readonly<Record<string, string>> = { c: 'cont', s: 'stop', 'system-reset': 'system_reset' };

export const WORDS: readonly ConsoleWord[] = [...SHELL, ...MONITOR, ...PROCESS];

export function wordNamed(name: string, manner?: ConsoleManner): ConsoleWord | null {
	return WORDS.find((entry) => entry.word === name && (manner === undefined || entry.manner === manner)) ?? null;
}

/** What `info` can print. */
export const INFO_WORDS: Readonly<Record<string, string>> = {
	'memory-devices': 'Memory devices with their sizes; usable_region_size is not among them.',
	numa: 'Nodes as QEMU has them: CPUs, memory, and what of it was plugged.',
	status: 'Whether the machine runs.'
};

/** Properties of a virtio-mem device that the monitor reads, and what may be written. */
export const DEVICE_PROPERTIES: Readonly<Record<string, string>> = {
	'requested-size': 'What the host wishes; may be written while the machine runs.',
	size: 'What is plugged; only the guest changes it.',
	'block-size': 'Smallest amount that is plugged or unplugged at once.',
	node: 'NUMA node of the device.',
	memaddr: 'Where its region begins.'
};
