import { ApiProblem, api, data } from '../../../api/client';
import { columnsKey, defaultColumns, fieldsOf } from './columns';
import { queryOf, readFilter, type VmFilter } from './vmFilter';
import { firstPage, type VmPage, type VmRow, type VmSource } from './VmRows';

interface ListKey {
  filter: VmFilter;
  fields: string[];
}

/** A list's name: its filter and the members of its rows. */
export const keyOf = (filter: VmFilter, columns: readonly string[]) => JSON.stringify({ filter, fields: fieldsOf(columns) } satisfies ListKey);

let early: { key: string; page: Promise<VmPage> } | undefined;

/** Asks for the first rows of the list at this address before its page is there to show them. */
export async function readEarly(address: Record<string, unknown>) {
  const columns = JSON.parse(localStorage.getItem(columnsKey) ?? 'null') as string[] | null;
  const key = keyOf(readFilter(address), columns ?? defaultColumns);
  const asked = { key, page: vmSource.list(key, firstPage, undefined, new AbortController().signal) };
  early = asked;
  try {
    await asked.page;
  } catch (error) {
    // Whoever is to sign in first asks again afterwards.
    early = early === asked ? undefined : early;
    throw error;
  }
}

/** The page that was asked for early: once, and only to whoever wants exactly that. */
function takeEarly(key: string): Promise<VmPage> | undefined {
  const page = early?.key === key ? early.page : undefined;
  early = undefined;
  return page;
}

/** The lists of VMs in the API. */
export const vmSource: VmSource = {
  list: (key, limit, cursor, signal) => {
    const asked = cursor === undefined && limit === firstPage ? takeEarly(key) : undefined;
    if (asked) {
      return asked;
    }

    const { filter, fields } = JSON.parse(key) as ListKey;
    const query = { ...queryOf(filter), fields: fields.join(','), limit, cursor };
    return data(api.GET('/v1/vms', { params: { query: query as never }, signal })) as Promise<VmPage>;
  },
  count: async (key, signal) => {
    const { filter } = JSON.parse(key) as ListKey;
    return (await data(api.GET('/v1/vms', { params: { query: { ...queryOf(filter), fields: 'id', limit: 1, count: true } as never }, signal }))).total ?? 0;
  },
  one: async (key, id, signal) => {
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
