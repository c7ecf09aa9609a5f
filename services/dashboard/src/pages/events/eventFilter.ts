import type { ShownEvent } from '../../shared/EventList';

/** Which events the feed shows; the same rule as the server's: an event is about a VM or host if it is of that stream or names it. */
export interface FeedFilter {
  /** Beginnings of event types, for example `vm_migration`; none = all. */
  kinds: readonly string[];
  vm?: string;
  host?: string;
}

const hostMembers = ['hostId', 'sourceHostId', 'destinationHostId', 'fromHostId', 'toHostId'];

export function passes({ type, streamId, data }: ShownEvent, { kinds, vm, host }: FeedFilter): boolean {
  const named = (data ?? {}) as Record<string, unknown>;
  return (
    (kinds.length === 0 || kinds.some(k => type.startsWith(k))) &&
    (!vm || streamId === vm || named.vmId === vm) &&
    (!host || streamId === host || hostMembers.some(m => named[m] === host))
  );
}

/** The newest `limit` of what came live and what was read back, newest first, each once. */
export function merged(live: readonly ShownEvent[], back: readonly ShownEvent[], limit: number): ShownEvent[] {
  const seen = new Set<number>();
  return [...live, ...back]
    .filter(e => e.seq !== undefined && !seen.has(e.seq) && seen.add(e.seq))
    .sort((a, b) => b.seq! - a.seq!)
    .slice(0, limit);
}
