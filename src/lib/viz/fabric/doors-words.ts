import type { FabricStatus } from '../../engine/contract/fabric-status.ts';

/** The doors in one sentence each. */
export function doorsWords(fabric: FabricStatus): string {
	if (fabric.doors.length === 0) return 'No capacity has been taken into a VM yet.';
	return fabric.doors
		.map((each) => {
			const arrived = each.guestSees === 'ram' ? 'ordinary RAM' : 'a DAX device';
			return `Host ${each.host}: ${arrived} ${each.tag === null ? 'without its tag' : 'with its tag'}. ${each.says}.`;
		})
		.join(' ');
}
