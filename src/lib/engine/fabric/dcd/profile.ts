import { DEVICE_RULES, type DeviceRules } from '../../contract/fabric-profiles.ts';
import type { World } from '../../state/world.ts';
import { RETURN_CODES, type ReturnCodeName } from '../outcome.ts';
import { deviceAt } from './rows.ts';

/** What a device of its profile does: the table lies in contract/fabric-profiles.ts. */
export const rulesOf = (world: World, device: number): DeviceRules => DEVICE_RULES[deviceAt(world, device).profile];

/** What a device answered to a command, with the sentence for people. */
export interface DcdAnswer {
	readonly code: number;
	readonly says: string;
}

export const success = (says: string): DcdAnswer => ({ code: RETURN_CODES.success, says });
export const failed = (name: ReturnCodeName, says: string): DcdAnswer => ({ code: RETURN_CODES[name], says });
export const isSuccess = (answer: DcdAnswer): boolean => answer.code === RETURN_CODES.success;
