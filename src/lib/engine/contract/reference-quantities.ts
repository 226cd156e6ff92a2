/** Quantities of moves by reference, each of one VM: `of` is its name. */
export const REFERENCE_QUANTITIES = {
	rangeRecords: 'records that named the pages of a VM when it was last passed by reference, 0 before: VM',
	agreedPages: 'pages that the target then reached at the device address that was meant: VM',
	vmPages: 'pages that a VM has touched: VM',
	vmRuns: '1 while its vCPUs run: VM',
	copiedPages: 'pages that were copied for a VM since the start, over network or CXL: VM',
	otherProcess: '1 when it runs in another process than at the start: VM',
	windowsDiffer: '1 when source and target of its last move see the pool at different addresses: VM',
	poolPages: 'pages of a VM that lie on the pool: VM',
	lostPages: 'pages of a VM whose last writes are lost: VM'
} as const;
export type ReferenceQuantityName = keyof typeof REFERENCE_QUANTITIES;
