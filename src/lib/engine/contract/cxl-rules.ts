import { rule } from './rule.ts';

/** Rules of CXL memory on a Linux machine: part of the fidelity ledger (rules.ts). */
export const CXL_RULES = {
	'host-tool': rule(
		'tool on a host of the fabric',
		'cxl and daxctl do on a host of the fabric what they do on Linux, as far as such a host has it; a tool that would wait says what for.',
		'ndctl 85 cxl/, daxctl/; additions for dynamic capacity: ndctl DCD series v7',
		'our simplification'
	),
	'cxl-enumerate': rule(
		'CXL enumeration',
		'A port for every host bridge, decoders with the first device below a port, an endpoint for every memory device.',
		'Linux 7.2 drivers/cxl/acpi.c, port.c, core/port.c; QEMU 10.2 hw/i386/acpi-build.c'
	),
	'cxl-region': rule(
		'region',
		'Ways and granularity must fit the window; a region is the lowest gap of it, a multiple of 256 MiB per device.',
		'Linux 7.2 drivers/cxl/core/region.c'
	),
	'cxl-attach': rule(
		'position',
		'The window says which host bridge serves a position; on every port addresses ascend and decoders are used in order.',
		'Linux 7.2 drivers/cxl/core/region.c, cxl_region_attach'
	),
	'cxl-commit': rule(
		'commit',
		'Decoders are committed from the device up, in ascending order per port; a guest that sees that it is one cannot.',
		'Linux 7.2 drivers/cxl/core/hdm.c, region.c'
	),
	'dax-kmem': rule(
		'system-ram',
		'A volatile region is one dax device; kmem makes memory blocks of it on the node of the window.',
		'Linux 7.2 drivers/dax/cxl.c, kmem.c'
	),
	'dax-device': rule(
		'devdax',
		'A program maps the pages of the device itself; who has the same file sees the same bytes.',
		'Linux 7.2 drivers/dax/device.c; QEMU 10.2 hw/mem/cxl_type3.c'
	),
	'dax-store': rule(
		'what a device holds',
		'Contents are kept per page; an interleaved set is one store, seen only through the same interleave.',
		'our simplification',
		'our simplification'
	),
	'cxl-tool': rule('cxl, daxctl', 'The tools check, write files of sysfs in their order and say what failed.', 'ndctl 85 cxl/, daxctl/')
} as const;
