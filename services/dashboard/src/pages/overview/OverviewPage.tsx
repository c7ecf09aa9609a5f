import { Card, SimpleGrid, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import { Failure } from '../../shared/Failure';
import { mebibytes } from '../../shared/format';
import { Page } from '../../shared/Page';
import { StateBadge } from '../../shared/StateBadge';

/** The fleet at a glance. */
export function OverviewPage() {
  const hosts = useQuery({ queryKey: ['hosts'], queryFn: () => data(api.GET('/v1/hosts', { params: { query: { limit: 500 } } })) });
  return (
    <Page title="Overview">
      {hosts.error && <Failure error={hosts.error} what="The hosts cannot be read" retry={() => void hosts.refetch()} />}
      <SimpleGrid cols={{ base: 1, sm: 2, lg: 4 }}>
        {hosts.data?.items.map(host => (
          <Card withBorder key={host.id}>
            <Text fw={600}>{host.name}</Text>
            <StateBadge state={host.status} />
            <Text size="sm">{mebibytes(host.memoryFreeMiB)} free</Text>
          </Card>
        ))}
      </SimpleGrid>
    </Page>
  );
}
