import { Button, Skeleton, Stack, Text } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import { Empty } from '../../shared/Empty';
import { EventList } from '../../shared/EventList';
import { Failure } from '../../shared/Failure';

/** What happened to access, and by whom; what was refused. Newest first. */
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

  // Pages come in the order of recording; two that were recorded at the same time may have happened the other way round.
  const events = audit.data.pages.flatMap(p => p.items).sort((a, b) => Date.parse(b.at) - Date.parse(a.at) || b.version - a.version);
  return (
    <Stack gap="sm">
      <Text size="sm" c="dimmed">
        Access and administration, newest first: who signed in, what was refused to whom, and what was done by whom to tokens, people's roles, resource groups, agents and webhooks. What was asked of VMs and hosts is in the history of each.
      </Text>
      {events.length === 0 ? <Empty title="Nothing happened to access yet." /> : <EventList events={events} />}
      {audit.hasNextPage && (
        <Button variant="default" w="fit-content" onClick={() => void audit.fetchNextPage()} loading={audit.isFetchingNextPage}>
          Earlier
        </Button>
      )}
    </Stack>
  );
}
