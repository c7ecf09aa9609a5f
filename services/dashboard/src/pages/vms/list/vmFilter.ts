import type { Schema } from '../../../api/client';

export const vmStates = ['Running', 'Off', 'Paused', 'Saved', 'Suspended', 'ShuttingDown', 'Crashed', 'Unknown'] as const satisfies readonly Schema<'VmState'>[];

export const sortKeys = ['name', 'state', 'hostName', 'memoryMiB', 'vcpus', 'changedAt'] as const;
export type SortKey = (typeof sortKeys)[number];

/** What the list of VMs is filtered and ordered by: the page's address. */
export interface VmFilter {
  q?: string;
  state?: string[];
  host?: string;
  guestOs?: string;
  generation?: 1 | 2;
  secureBoot?: boolean;
  tpm?: boolean;
  missing?: boolean;
  /** Its host does not report at present. */
  stale?: boolean;
  deleted?: boolean;
  sort?: SortKey | `-${SortKey}`;
}

/** Reads the page's address; what does not fit is left out, so that an old or mistyped address still shows a list. */
export function readFilter(search: Record<string, unknown>): VmFilter {
  const text = (name: string) => (search[name] === undefined || search[name] === '' ? undefined : String(search[name]));
  const yes = (name: string) => (search[name] === true || search[name] === 'true' ? true : search[name] === false || search[name] === 'false' ? false : undefined);
  const states = (Array.isArray(search.state) ? search.state : (text('state')?.split(',') ?? [])).map(String).filter(s => (vmStates as readonly string[]).includes(s));
  const sort = text('sort');
  const generation = Number(search.generation);
  const filter: VmFilter = {
    q: text('q'),
    state: states.length > 0 ? states : undefined,
    host: text('host'),
    guestOs: text('guestOs'),
    generation: generation === 1 || generation === 2 ? generation : undefined,
    secureBoot: yes('secureBoot'),
    tpm: yes('tpm'),
    missing: yes('missing'),
    stale: yes('stale'),
    deleted: yes('deleted'),
    sort: sort && (sortKeys as readonly string[]).includes(sort.replace(/^-/, '')) ? (sort as VmFilter['sort']) : undefined,
  };
  return Object.fromEntries(Object.entries(filter).filter(([, value]) => value !== undefined)) as VmFilter;
}

/** The filter as the parameters of `GET /v1/vms`. */
export function queryOf(filter: VmFilter) {
  const { q, state, ...rest } = filter;
  return { ...rest, ...(q && { search: q }), ...(state && { state: state.join(',') }) };
}

/** A click on a column's header: that order, or the other way round. */
export const nextSort = (now: VmFilter['sort'], key: SortKey): VmFilter['sort'] => ((now ?? 'name') === key ? `-${key}` : key === 'name' ? undefined : key);
