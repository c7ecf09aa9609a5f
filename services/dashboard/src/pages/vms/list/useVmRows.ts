import { useEffect, useMemo, useState, useSyncExternalStore } from 'react';
import { ApiProblem, api, data } from '../../../api/client';
import { useLiveEvents, useLiveState } from '../../../live/LiveProvider';
import { fieldsOf } from './columns';
import { queryOf, type VmFilter } from './vmFilter';
import { VmRows, type VmPage, type VmRow } from './VmRows';

interface ListKey {
  filter: VmFilter;
  fields: string[];
}

const source = {
  list: (key: string, limit: number, cursor: string | undefined, signal: AbortSignal): Promise<VmPage> => {
    const { filter, fields } = JSON.parse(key) as ListKey;
    const query = { ...queryOf(filter), fields: fields.join(','), limit, ...(cursor ? { cursor } : { count: true }) };
    return data(api.GET('/v1/vms', { params: { query: query as never }, signal })) as Promise<VmPage>;
  },
  one: async (key: string, id: string, signal: AbortSignal): Promise<VmRow | undefined> => {
    const { fields } = JSON.parse(key) as ListKey;
    try {
      return (await data(api.GET('/v1/vms/{id}', { params: { path: { id }, query: { fields: fields.join(',') } as never }, signal }))) as VmRow;
    } catch (error) {
      if (error instanceof ApiProblem && error.status === 404) {
        return undefined;
      }
      throw error;
    }
  },
};

// What may bring, remove or move rows of a list; anything else changes a row where it is.
const arranging = new Set(['vm_discovered', 'vm_returned', 'vm_deleted', 'vm_marked_missing']);

/** The rows of the list that the filter describes, live. */
export function useVmRows(filter: VmFilter, columns: readonly string[]) {
  const [rows] = useState(() => new VmRows(source));
  const key = useMemo(() => JSON.stringify({ filter, fields: fieldsOf(columns) } satisfies ListKey), [filter, columns]);
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

  // After a loss of the connection everything may be old.
  const { phase } = useLiveState();
  const [lost, setLost] = useState(false);
  useEffect(() => {
    if (phase === 'lost') {
      setLost(true);
    } else if (phase === 'live' && lost) {
      setLost(false);
      rows.reload();
    }
  }, [phase, lost, rows]);
  return { ...state, rows: state.rows, need: useMemo(() => (index: number) => rows.need(index), [rows]), reload: () => rows.reload() };
}
