import type { Schema } from '../api/client';

/** Memory that a host has given away: what it says is taken, or what its VMs are assigned while it does not say. */
export function memoryUsedMiB(host: Pick<Schema<'HostView'>, 'memoryMiB' | 'memoryFreeMiB' | 'runningMemoryMiB'>): number {
  return host.memoryFreeMiB === null || host.memoryFreeMiB === undefined ? host.runningMemoryMiB : Math.max(0, host.memoryMiB - host.memoryFreeMiB);
}

/** Whether a host can be worked with now. */
export const isOnline = (host: Pick<Schema<'HostView'>, 'status'>) => host.status === 'Online';
