import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useDebouncedCallback } from '@mantine/hooks';
import { useEffect, useMemo, useRef, useState } from 'react';
import { api, data, type Schema } from '../../../api/client';
import { eventWords, type EventWords } from '../../../shared/eventWords';
import { useHostName } from '../../../shared/links';
import { type Range, ranges } from '../../../shared/timeline';

export type Vm = Schema<'VmDetail'>;

/** The VM now, or as it was; while another moment is read, the one before stays. */
export function useVm(id: string, at: string | undefined) {
  return useQuery({
    queryKey: at === undefined ? ['vm', id, 'now'] : ['past', 'vm', id, at],
    queryFn: ({ signal }) => data(api.GET('/v1/vms/{id}', { params: { path: { id }, query: at === undefined ? {} : { asOf: at } }, signal })),
    placeholderData: (before, query) => (query?.queryKey.includes(id) ? before : undefined),
    ...(at !== undefined && { staleTime: Infinity, gcTime: 30_000, refetchInterval: false as const }),
  });
}

/** An event of the VM's history with what it says in words. */
export interface Happening extends EventWords {
  at: string;
  ms: number;
  type: string;
  version: number;
  data: unknown;
}

const mostEvents = 2_000;

/** What happened to the VM in a range of time, oldest first; at most the newest 2,000 events of it. */
export function useVmHistory(id: string, range: Range) {
  const nameOf = useHostName();
  const events = useQuery({
    queryKey: ['vm', id, 'history', range],
    placeholderData: keepPreviousData,
    queryFn: async ({ signal }) => {
      const from = range === 'all' ? undefined : new Date(Date.now() - ranges[range]).toISOString();
      const items: Schema<'HistoryEvent'>[] = [];
      let cursor: string | undefined;
      do {
        const page = await data(api.GET('/v1/vms/{id}/history', { params: { path: { id }, query: { from, limit: 500, cursor } }, signal }));
        items.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor && items.length < 20 * 500);
      return items.slice(-mostEvents);
    },
  });
  const happenings = useMemo(
    () => (events.data ?? []).map((e): Happening => ({ ...eventWords(e, nameOf), at: e.at, ms: Date.parse(e.at), type: e.type, version: e.version, data: e.data })),
    [events.data, nameOf],
  );
  return { ...events, happenings };
}

/** The moment the page shows: in the address (`?at=`), which follows a dragged slider a little later. */
export function useMoment(): [string | undefined, (at: string | undefined) => void] {
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { at?: unknown };
  const fromAddress = typeof search.at === 'string' && !Number.isNaN(Date.parse(search.at)) ? search.at : undefined;
  const [at, setAt] = useState(fromAddress);
  const written = useRef(fromAddress);
  const write = useDebouncedCallback((next: string | undefined) => {
    written.current = next;
    void navigate({ to: '.', search: ((before: Record<string, unknown>) => ({ ...before, at: next })) as never, replace: true });
  }, 150);
  useEffect(() => {
    if (fromAddress !== written.current) {
      written.current = fromAddress;
      setAt(fromAddress);
    }
  }, [fromAddress]);
  return [
    at,
    next => {
      setAt(next);
      write(next);
    },
  ];
}
