/**
 * Answers of query-migrate, in QEMU's shape (qapi/migration.json MigrationInfo, QEMU 10.2.2; which field when:
 * migration/migration.c fill_source_migration_info, populate_time_info, populate_ram_info). Times in ms, sizes in bytes.
 */
export interface MigrationInfo {
	status?: string;
	'total-time'?: number;
	'setup-time'?: number;
	downtime?: number;
	'expected-downtime'?: number;
	'cpu-throttle-percentage'?: number;
	/** In µs. */
	'dirty-limit-throttle-time-per-round'?: number;
	'dirty-limit-ring-full-time'?: number;
	'error-desc'?: string;
	'blocked-reasons'?: readonly string[];
	ram?: MigrationRam;
}

export interface MigrationRam {
	transferred: number;
	remaining: number;
	total: number;
	duplicate: number;
	normal: number;
	'normal-bytes': number;
	'dirty-pages-rate': number;
	mbps: number;
	'dirty-sync-count': number;
	'postcopy-requests': number;
	'page-size': number;
	'multifd-bytes': number;
	'pages-per-second': number;
	'precopy-bytes': number;
	'downtime-bytes': number;
	'postcopy-bytes': number;
	'dirty-sync-missed-zero-copy': number;
}

/** An event of QMP, as a process has told it. */
export interface QmpEvent {
	readonly atNs: number;
	readonly event: string;
	readonly data: { readonly [key: string]: string | number };
}
