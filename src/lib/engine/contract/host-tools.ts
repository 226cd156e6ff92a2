import type { FabricCommand } from './fabric-commands.ts';

/**
 * What a line of cxl, daxctl or QEMU's monitor means at a host of the fabric (query `host-tool`): a text at once, or a command
 * whose record `printed` holds what the tool prints.
 */
export type HostToolAnswer =
	| { readonly kind: 'text'; readonly text: string; /** Exit status: 0 when it went well. */ readonly status: number }
	| { readonly kind: 'command'; readonly command: FabricCommand };
