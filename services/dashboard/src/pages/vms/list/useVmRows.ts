import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { useLiveEvents, useLiveState } from '../../../live/LiveProvider';
import type { VmFilter } from './vmFilter';
import { keyOf, vmSource } from './vmSource';
import { VmRows } from './VmRows';

// What may bring, remove or move rows of a list; anything else changes a row where it is.
const arranging = new Set(['vm_discovered', 'vm_returned', 'vm_deleted', 'vm_marked_missing']);

/** The rows of the list that the filter describes, live. */
export function useVmRows(filter: VmFilter, columns: readonly string[]) {
  const [rows] = useState(() => new VmRows(vmSource));
  const key = useMemo(() => keyOf(filter, columns), [filter, columns]);
  useEffect(() => rows.show(key), [rows, key]);
  useEffect(() => () => rows.close(), [rows]);
  const state = useSyncExternalStore(rows.subscribe, rows.snapshot);

  const { state: states, host, sort } = filter;
  useLiveEvents(event => {
    const id = (event.data.vmId as string | undefined) ?? (event.type.startsWith('vm_') ? event.streamId : undefined);
    if (id && event.type !== 'vm_sampled' && event.type !== 'migration_progressed') {
      const moved = event.type === 'vm_moved' && (host !== undefined || sort?.endsWith('hostName'));
      const otherState = event.type === 'vm_state_changed' && (states !== undefined || sort?.endsWith('state'));
      rows.touch(id, arranging.has(event.type) || Boolean(moved) || otherState || event.type === 'vm_reconfigured');
    } else if (event.type.startsWith('host_')) {
      // Its VMs turn stale, or fresh again.
      rows.touch('', true);
    }
  });

  // What was read before the stream began, or while it was lost, may be old.
  const { phase } = useLiveState();
  const [behind, setBehind] = useState(phase !== 'live');
  const here = state.key !== undefined;
  useEffect(() => {
    if (phase === 'lost') {
      setBehind(true);
    } else if (phase === 'live' && behind && here) {
      setBehind(false);
      rows.reload();
    }
  }, [phase, behind, here, rows]);
  const calls = useMemo(() => ({ need: (index: number) => rows.need(index), reload: () => rows.reload() }), [rows]);
  return { ...state, ...calls };
}
