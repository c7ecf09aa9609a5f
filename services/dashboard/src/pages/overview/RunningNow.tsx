import { Group, Progress, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data } from '../../api/client';
import { useLiveEvents } from '../../live/LiveProvider';
import { Ago } from '../../shared/Ago';
import { Failure } from '../../shared/Failure';
import { percent, words } from '../../shared/format';
import { OperationLink, PageLink, useHostName, VmLink } from '../../shared/links';
import { Panel } from '../../shared/Panel';
import { StateBadge } from '../../shared/StateBadge';

const shown = 8;

/** Operations under way, migrations with their progress as the hosts tell it. */
export function RunningNow() {
  const [progress, setProgress] = useState<Record<string, number>>({});
  const nameOf = useHostName();
  const running = useQuery({
    queryKey: ['operations', 'running-now'],
    queryFn: async () => {
      const [operations, migrations] = await Promise.all([
        data(api.GET('/v1/operations', { params: { query: { open: true, limit: shown } } })),
        data(api.GET('/v1/migrations', { params: { query: { open: true, limit: shown } } })),
      ]);
      return operations.items.map(operation => ({ operation, migration: migrations.items.find(m => m.id === operation.id) }));
    },
  });
  useLiveEvents(event => {
    const { operationId, percent: share } = event.data as { operationId?: string; percent?: number };
    if (event.type === 'migration_progressed' && operationId && typeof share === 'number') {
      setProgress(known => ({ ...Object.fromEntries(Object.entries(known).slice(-50)), [operationId]: share }));
    }
  });

  return (
    <Panel title="Running now" right={<PageLink to="/operations" fz="sm">All operations</PageLink>}>
      {running.error && <Failure error={running.error} what="The operations cannot be read" retry={() => void running.refetch()} />}
      {running.data?.length === 0 && (
        <Text size="sm" c="dimmed">
          Nothing runs. What you start appears here until it has ended.
        </Text>
      )}
      <Stack gap="sm">
        {running.data?.map(({ operation, migration }) => {
          const share = migration && (progress[operation.id] ?? migration.progress?.percent);
          return (
            <div key={operation.id}>
              <Group justify="space-between" gap="xs" wrap="nowrap">
                <Text size="sm" truncate>
                  <OperationLink id={operation.id} kind={operation.kind}>
                    {words(operation.kind)}
                  </OperationLink>{' '}
                  <VmLink id={operation.vmId} name={operation.vmName} />
                </Text>
                <StateBadge state={migration?.phase ?? operation.status} />
              </Group>
              <Group justify="space-between" gap="xs">
                <Text size="xs" c="dimmed" truncate>
                  {operation.destinationHostId ? `${nameOf(operation.hostId)} → ${nameOf(operation.destinationHostId)}` : nameOf(operation.hostId)} · <Ago at={operation.trail.requestedAt} /> by {operation.trail.requestedBy}
                </Text>
                {share !== undefined && (
                  <Text size="xs" className="tabular">
                    {percent(share)}
                  </Text>
                )}
              </Group>
              {share !== undefined && (
                <Progress.Root size={5} mt={4}>
                  <Progress.Section value={share} aria-label={`Progress of the migration of ${operation.vmName}`} />
                </Progress.Root>
              )}
            </div>
          );
        })}
      </Stack>
    </Panel>
  );
}
