import { Button, Skeleton, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import { Empty } from '../../shared/Empty';
import { EventList } from '../../shared/EventList';
import { Failure } from '../../shared/Failure';

/** Who asked for what and what was refused, newest first. */
export function Audit() {
  const audit = useInfiniteQuery({
    queryKey: ['access', 'audit'],
    queryFn: ({ pageParam }) => data(api.GET('/v1/audit', { params: { query: { limit: 100, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.nextCursor ?? undefined,
  });
  if (audit.error) {
    return <Failure error={audit.error} what="The audit cannot be read" retry={() => void audit.refetch()} />;
  }

  if (!audit.data) {
    return <Skeleton h={200} />;
  }

  const events = audit.data.pages.flatMap(p => p.items);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        Everything that was asked of the platform and by whom, and what was refused, newest first.
      </Text>
      {events.length === 0 ? <Empty title="Nothing was asked yet." /> : <EventList events={events} />}
      {audit.hasNextPage && (
        <Button variant="default" w="fit-content" onClick={() => void audit.fetchNextPage()} loading={audit.isFetchingNextPage}>
          Earlier
        </Button>
      )}
    </Stack>
  );
}
