import { ESTIMATE, MEASURED, MEMORY, VENDOR, row } from './row.ts';

/** How long failures and their handling take. */
// One row per line.
// prettier-ignore
export const EVENT_COSTS = {
	linkRetrainMs: row('ms', 10, 0.1, 1000, ESTIMATE, 'Link training again after an error, as software sees it', 'Estimate; Linux waits up to 1 s'),
	linkRetrainTimeoutMs: row('ms', 1000, 1000, 1000, MEASURED, 'When Linux gives a retraining up', 'Linux drivers/pci/pci.h'),
	switchResetMs: row('ms', 1100, 200, 5000, MEMORY, 'Reset of a switch or its port until it answers', 'Memory: PCIe, 100 ms and up to 1 s'),
	viralOrPoisonHandlingMs: row('ms', 1, 0.1, 100, ESTIMATE, 'From a memory error to the host’s handler', 'Estimate'),
	cxlHeartbeatIntervalMs: row('ms', 10, 1, 1000, ESTIMATE, 'Beat of a host in the super-page', 'Estimate: a choice of our design'),
	cxlHeartbeatMisses: row('count', 3, 2, 10, ESTIMATE, 'Beats missed before a peer is taken for dead', 'Estimate'),
	fabricFenceMs: row('ms', 100, 10, 5000, ESTIMATE, 'Cutting a dead host off at the fabric manager', 'Estimate'),
	corosyncTokenMs: row('ms', 3000, 1000, 10000, MEASURED, 'corosync’s token timeout', 'RHEL 8.4 release notes: 1 s before, 3 s after'),
	clusterFenceS: row('s', 10, 2, 60, MEMORY, 'Power-fencing a node', 'Memory'),
	vsphereHaDetectS: row('s', 15, 12, 15, VENDOR, 'vSphere HA noticing a dead host', 'VMware availability documentation'),
	k8sNodeGraceS: row('s', 50, 40, 50, MEASURED, 'Kubernetes waiting before a node is unknown', 'kubernetes issue 127352'),
	k8sTolerationS: row('s', 300, 0, 300, MEASURED, 'Kubernetes waiting before it evicts', 'Kubernetes API server flags'),
	vmColdBootS: row('s', 30, 5, 120, ESTIMATE, 'Starting a VM anew on another host', 'Estimate')
};
