/** Quantities of a hand-off that was laid act by act. `of`: a plan in words (contract/hand-over.ts). */
export const SUPERPAGE_QUANTITIES = {
	handOverTwo: '1 when some order or crash point of a laid hand-off has two runners: plan in words',
	handOverTorn: '1 when somebody runs the VM with a vCPU state that is not whole, or reads old lines: plan in words',
	handOverLeft: '1 when nobody runs the VM although its registers did not die with a host: plan in words',
	handOverArrives: '1 when some order ends with the target running it: plan in words',
	handOverStates: 'distinct states that were looked at: plan in words'
} as const;
export type SuperpageQuantityName = keyof typeof SUPERPAGE_QUANTITIES;
