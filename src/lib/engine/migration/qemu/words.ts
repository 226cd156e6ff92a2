import type { MONITOR_QUESTIONS, MONITOR_WORDS } from '../../contract/migration/monitor.ts';
import type { MonitorQuestion, MonitorWord } from './answer.ts';
import { announceSelf } from './announce.ts';
import { cancel, cont, goOn, incoming, pause, quit, recover, startPostcopy, stop } from './control.ts';
import { calcDirtyRate, queryDirtyRate } from './dirty-rate.ts';
import { deviceAdd, deviceDel, objectAdd, objectDel } from './devices.ts';
import { migrate } from './migrate.ts';
import { queryCapabilities, queryMigrate, queryParameters, queryStatus } from './query.ts';
import { setCapabilities, setParameters } from './settings.ts';

/** Words of the monitor that change something. Names: contract/migration/monitor.ts. */
export const MONITOR_RUNS: Readonly<Record<keyof typeof MONITOR_WORDS, MonitorWord>> = {
	migrate,
	'migrate-incoming': incoming,
	migrate_cancel: cancel,
	'migrate-pause': pause,
	'migrate-recover': recover,
	'migrate-start-postcopy': startPostcopy,
	'migrate-continue': goOn,
	'migrate-set-capabilities': setCapabilities,
	'migrate-set-parameters': setParameters,
	stop,
	cont,
	quit,
	device_add: deviceAdd,
	device_del: deviceDel,
	'object-add': objectAdd,
	'object-del': objectDel,
	'announce-self': announceSelf,
	'calc-dirty-rate': calcDirtyRate
};

/** Words that only look. */
export const MONITOR_LOOKS: Readonly<Record<keyof typeof MONITOR_QUESTIONS, MonitorQuestion>> = {
	'query-migrate': ({ world, process }) => queryMigrate(world, process) as unknown as ReturnType<MonitorQuestion>,
	'query-migrate-capabilities': ({ process }) => queryCapabilities(process),
	'query-migrate-parameters': ({ process }) => queryParameters(process),
	'query-status': ({ world, process }) => queryStatus(world, process),
	'query-dirty-rate': ({ vm, process }, given) => queryDirtyRate(process, given, vm.vcpus)
};
