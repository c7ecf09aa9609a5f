import { Box, Button, Group, Progress, Skeleton, Stack, Text } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { api, data, type Schema } from '../../api/client';
import { Empty } from '../../shared/Empty';
import { Section } from '../../shared/Fact';
import { Failure } from '../../shared/Failure';
import { ago, duration } from '../../shared/format';
import { PageLink } from '../../shared/links';
import { Page } from '../../shared/Page';
import { StateBadge } from '../../shared/StateBadge';

/** Hosts that are being emptied, and that were. */
export function EvacuationsPage() {
  const list = useInfiniteQuery({
    queryKey: ['evacuations'],
    queryFn: ({ pageParam, signal }) => data(api.GET('/v1/evacuations', { params: { query: { limit: 50, cursor: pageParam } }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  const items = list.data?.pages.flatMap(p => p.items);
  return (
    <Page title="Evacuations">
      {list.error && <Failure error={list.error} what="The evacuations cannot be read" retry={() => void list.refetch()} />}
      {!items && !list.error && <Skeleton h={200} />}
      {items?.length === 0 && (
        <Section>
          <Empty title="No host has been emptied yet.">
            Open a host in <PageLink to={'/hosts' as string}>Hosts</PageLink> and choose to empty it: every VM is moved elsewhere, one after the other, and the host takes no new ones.
          </Empty>
        </Section>
      )}
      <Box className="cards">
        {items?.map(e => (
          <Section key={e.id} p="sm" data-evacuation={e.id}>
            <Stack gap={6}>
              <Group justify="space-between" wrap="nowrap">
                <Text fw={600} size="sm" truncate>
                  <PageLink to={`/evacuations/${e.id}` as string}>{e.hostName}</PageLink>
                </Text>
                <StateBadge state={e.status} />
              </Group>
              <EvacuationBar evacuation={e} />
              <Text size="xs" c="dimmed">
                {ago(e.trail.requestedAt)} by {e.trail.requestedBy}
                {e.totalMs != null && ` · took ${duration(e.totalMs / 1000)}`}
              </Text>
            </Stack>
          </Section>
        ))}
      </Box>
      {list.hasNextPage && (
        <Group>
          <Button variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
            Show older
          </Button>
        </Group>
      )}
    </Page>
  );
}

/** How many VMs are gone, on their way, waiting, or could not be moved. */
export function EvacuationBar({ evacuation: e }: { evacuation: Schema<'EvacuationView'> }) {
  const part = (count: number) => (e.total === 0 ? 0 : (count / e.total) * 100);
  return (
    <Stack gap={4}>
      <Progress.Root size="md" aria-label={`${e.moved} of ${e.total} VMs moved`}>
        <Progress.Section value={e.total === 0 ? 100 : part(e.moved + e.gone)} color="green" aria-label="Moved" />
        <Progress.Section value={part(e.moving)} color="cyan" animated aria-label="On their way" />
        <Progress.Section value={part(e.failed + e.notMoved)} color="red" aria-label="Not moved" />
      </Progress.Root>
      <Text size="xs" c="dimmed" className="tabular">
        {[`${e.moved} of ${e.total} moved`, e.moving > 0 && `${e.moving} on their way`, e.waiting > 0 && `${e.waiting} waiting`, e.failed > 0 && `${e.failed} failed`, e.notMoved > 0 && `${e.notMoved} not moved`, e.gone > 0 && `${e.gone} gone by themselves`, e.etaMs != null && `about ${duration(e.etaMs / 1000)} left`]
          .filter(Boolean)
          .join(' · ')}
      </Text>
    </Stack>
  );
}
