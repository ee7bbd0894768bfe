/**
 * The dead man's timer kills a singleton's process this long after its lease was renewed last,
 * whatever became of the agent: sooner than Consul may give the lease to another instance.
 */
export const leaseSeconds = 15;
