import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import { ErrorDetails, Failure } from '../../shared/Failure';
import { ago } from '../../shared/format';
import { PageLink } from '../../shared/links';
import { Panel } from '../../shared/Panel';
import { StateBadge } from '../../shared/StateBadge';
import { EvacuationActions } from '../evacuations/EvacuationActions';
import { EvacuationBar } from '../evacuations/EvacuationsPage';

/** The emptying of a host while it runs, or how the last one ended; its page has every VM. */
export function EvacuationPanel({ hostId }: { hostId: string }) {
  const found = useQuery({ queryKey: ['evacuations', hostId], queryFn: ({ signal }) => data(api.GET('/v1/evacuations', { params: { query: { host: hostId, limit: 1 } }, signal })) });
  if (found.error && !found.data) {
    return <Failure error={found.error} what="Whether the host is being emptied cannot be read" retry={() => void found.refetch()} />;
  }

  const e = found.data?.items[0];
  return e ? (
    <Panel
      title={e.endedAt ? 'Last time it was emptied' : 'Being emptied'}
      right={
        <Group gap="xs">
          <EvacuationActions evacuation={e} />
        </Group>
      }
    >
      <Stack gap="xs">
        <Group gap="xs">
          <StateBadge state={e.status} />
          {e.endedAt && <Text size="sm">{ago(e.endedAt)}</Text>}
          <Text size="sm">
            <PageLink to={`/evacuations/${e.id}` as string}>{e.endedAt ? 'Report' : 'Each VM'}</PageLink>
          </Text>
        </Group>
        <EvacuationBar evacuation={e} />
        {e.blocked && <ErrorDetails error={e.blocked} />}
      </Stack>
    </Panel>
  ) : null;
}
