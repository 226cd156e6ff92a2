/** What the firmware tells a booting kernel about one node (ACPI SRAT, SLIT, HMAT). */
export interface FirmwareNode {
	readonly id: number;
	readonly cpus: readonly number[];
	readonly distances: readonly number[];
	readonly readLatencyNs: number | null;
	readonly writeLatencyNs: number | null;
	readonly readBandwidthMiBps: number | null;
	readonly writeBandwidthMiBps: number | null;
}
