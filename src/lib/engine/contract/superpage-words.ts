/**
 * The packed words of the super-page beside the owner word (contract/words.ts): what their bits mean. Layouts are our design
 * (cxl-fabric reference 10.2); incarnations are held with 16 bits in owner and lock words, so that a fence is ambiguous after
 * 65,536 joins, and tokens with 32 (our simplification).
 */
export const InitState = { none: 0, formatting: 1, ready: 2 } as const;
/** ASCII "NILSUPG1", first letter in the lowest byte. */
export const MAGIC = 0x31_47_50_55_53_4c_49_4en;

export interface InitWord {
	readonly state: number;
	/** Host that formats it; −1 while nobody does or when it is ready. */
	readonly formatter: number;
}
export const packInit = ({ state, formatter }: InitWord): bigint => (BigInt(formatter + 1) << 32n) | BigInt(state);
export const unpackInit = (value: bigint): InitWord => ({ state: Number(value & 0xffffffffn), formatter: Number(value >> 32n) - 1 });

export const PeerState = { empty: 0, joining: 1, up: 2, draining: 3, left: 4 } as const;
export const PEER_STATE_NAMES = ['empty', 'joining', 'up', 'draining', 'left'] as const;

export interface FenceWord {
	/** Incarnations up to this one are fenced; 0 = none. */
	readonly incarnation: number;
	readonly epoch: number;
}
export const packFence = ({ incarnation, epoch }: FenceWord): bigint => (BigInt(incarnation) << 32n) | BigInt(epoch >>> 0);
export const unpackFence = (value: bigint): FenceWord => ({
	incarnation: Number(value >> 32n),
	epoch: Number(value & 0xffffffffn)
});

export interface SuspectWord {
	/** Who suspects it, −1 for nobody. */
	readonly by: number;
	/** The beat at which it was last seen, low 32 bits. */
	readonly beat: number;
}
export const packSuspect = ({ by, beat }: SuspectWord): bigint => (BigInt(by + 1) << 32n) | BigInt(beat >>> 0);
export const unpackSuspect = (value: bigint): SuspectWord => ({ by: Number(value >> 32n) - 1, beat: Number(value & 0xffffffffn) });

export interface RecoveryWord {
	readonly recoverer: number;
	readonly victim: number;
	readonly epoch: number;
}
export const packRecovery = ({ recoverer, victim, epoch }: RecoveryWord): bigint =>
	(BigInt(recoverer + 1) << 48n) | (BigInt(victim + 1) << 32n) | BigInt(epoch >>> 0);
export const unpackRecovery = (value: bigint): RecoveryWord => ({
	recoverer: Number((value >> 48n) & 0xffffn) - 1,
	victim: Number((value >> 32n) & 0xffffn) - 1,
	epoch: Number(value & 0xffffffffn)
});

export interface LockWord {
	/** −1 for nobody: then the whole word is 0. */
	readonly owner: number;
	readonly incarnation: number;
	readonly token: number;
}
export const packLock = ({ owner, incarnation, token }: LockWord): bigint =>
	owner < 0 ? 0n : (BigInt(owner + 1) << 48n) | (BigInt(incarnation & 0xffff) << 32n) | BigInt(token >>> 0);
export const unpackLock = (value: bigint): LockWord => ({
	owner: Number((value >> 48n) & 0xffffn) - 1,
	incarnation: Number((value >> 32n) & 0xffffn),
	token: Number(value & 0xffffffffn)
});

/** What a host says in its own line where there is no compare-and-swap (superpage/mailbox.ts). */
export const MailKind = { none: 0, granted: 1, asked: 2, taken: 3, declined: 4 } as const;
export const MAIL_NAMES = ['nothing', 'granted', 'asked for back', 'taken', 'declined'] as const;
export interface MailWord {
	readonly kind: number;
	readonly token: number;
}
export const packMail = ({ kind, token }: MailWord): bigint => (BigInt(kind) << 32n) | BigInt(token >>> 0);
export const unpackMail = (value: bigint): MailWord => ({ kind: Number(value >> 32n), token: Number(value & 0xffffffffn) });

/** 16 vCPUs, 4 bits each: the peer that runs it + 1, 0 for nobody. Peer 15 cannot be named (our simplification). */
export const vcpuPeer = (map: bigint, vcpu: number): number => Number((map >> BigInt(vcpu * 4)) & 0xfn) - 1;
export const withVcpuPeer = (map: bigint, vcpu: number, peer: number): bigint =>
	(map & ~(0xfn << BigInt(vcpu * 4))) | (BigInt(peer + 1) << BigInt(vcpu * 4));

/** Value of the vCPU-state word: valid for one token only, so that a half-written state is never believed. */
export const stateMark = (token: number): bigint => (1n << 32n) | BigInt(token >>> 0);
