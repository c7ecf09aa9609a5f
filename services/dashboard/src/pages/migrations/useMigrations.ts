import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { api, data } from '../../api/client';

/** Migrations, the newest first, as many pages as were asked for. */
export function useMigrations(query: { open?: boolean; status?: string; host?: string; vm?: string }, limit = 50) {
  const read = useInfiniteQuery({
    queryKey: ['migrations', query, limit],
    queryFn: ({ pageParam, signal }) => data(api.GET('/v1/migrations', { params: { query: { ...query, limit, cursor: pageParam } as never }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  return { ...read, migrations: read.data?.pages.flatMap(p => p.items) };
}
