/** Names by which scenarios, links, commands and records speak of things. Positions never leave the engine. */
export type HostId = string;
export type VmId = string;
export type MemoryId = string;
export type ExtentId = string;
export type WorldId = number;
export type OperationId = number;
