import { Button, Skeleton, Stack } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import { Empty } from '../../shared/Empty';
import { EventList } from '../../shared/EventList';
import { Failure } from '../../shared/Failure';

/** What happened to a host, oldest first as its stream is kept, page by page. */
export function HostHistory({ hostId }: { hostId: string }) {
  const history = useInfiniteQuery({
    queryKey: ['host', hostId, 'history'],
    queryFn: ({ pageParam }) => data(api.GET('/v1/hosts/{id}/history', { params: { path: { id: hostId }, query: { limit: 100, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.nextCursor ?? undefined,
  });
  if (history.error) {
    return <Failure error={history.error} what="The host's history cannot be read" retry={() => void history.refetch()} />;
  }

  if (!history.data) {
    return <Skeleton h={200} />;
  }

  const events = history.data.pages.flatMap(p => p.items);
  return events.length === 0 ? (
    <Empty title="Nothing has happened to this host." />
  ) : (
    <Stack gap="sm">
      <EventList events={events} about={hostId} />
      {history.hasNextPage && (
        <Button variant="default" onClick={() => void history.fetchNextPage()} loading={history.isFetchingNextPage}>
          Later events
        </Button>
      )}
    </Stack>
  );
}
