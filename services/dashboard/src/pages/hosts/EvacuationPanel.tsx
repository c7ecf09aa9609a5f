import { Group, Progress, Stack, Table, Text, Tooltip } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { api, data, type Schema } from '../../api/client';
import { useDenied } from '../../shared/useMay';
import { ActionButton } from '../../shared/ActionButton';
import { confirm } from '../../shared/confirm';
import { ErrorDetails, Failure } from '../../shared/Failure';
import { duration, instant, words } from '../../shared/format';
import { HostLink, PageLink, VmLink } from '../../shared/links';
import { Panel } from '../../shared/Panel';
import { StateBadge } from '../../shared/StateBadge';
import { useCommand } from '../../shared/useCommand';

/** The emptying of a host while it runs, with every VM; or how the last one ended. */
export function EvacuationPanel({ hostId }: { hostId: string }) {
  const found = useQuery({ queryKey: ['evacuations', hostId], queryFn: () => data(api.GET('/v1/evacuations', { params: { query: { host: hostId, limit: 1 } } })) });
  const id = found.data?.items[0]?.id;
  const evacuation = useQuery({ queryKey: ['evacuations', hostId, id], queryFn: () => data(api.GET('/v1/evacuations/{id}', { params: { path: { id: id! } } })), enabled: id !== undefined, refetchInterval: 5_000 });
  if (found.error) {
    return <Failure error={found.error} what="Whether the host is being emptied cannot be read" retry={() => void found.refetch()} />;
  }

  return evacuation.data ? <Shown evacuation={evacuation.data} /> : null;
}

function Shown({ evacuation: e }: { evacuation: Schema<'EvacuationView'> }) {
  const queries = useQueryClient();
  const why = useDenied('Operator');
  const { run, busy } = useCommand();
  const open = !e.endedAt;
  const path = { id: e.id };
  const after = () => queries.invalidateQueries({ queryKey: ['evacuations'] });
  const change = (what: 'pause' | 'resume', title: string) =>
    run({
      title,
      send: headers => (what === 'pause' ? api.POST('/v1/evacuations/{id}/pause', { params: { path, header: headers } }) : api.POST('/v1/evacuations/{id}/resume', { params: { path, header: headers } })),
    }).then(after);
  const cancel = async () => {
    const reason = await confirm({ title: `Stop emptying ${e.hostName}?`, children: `VMs that have been moved stay where they are, ${e.moving} that are on their way are still brought over. The host stays in maintenance.`, action: 'Stop emptying' });
    if (reason !== undefined) {
      await run({ title: `Stop emptying ${e.hostName}`, reason, send: headers => api.POST('/v1/evacuations/{id}/cancel', { params: { path, query: { cancelMoves: false }, header: headers } }) });
      await after();
    }
  };

  const part = (count: number) => (e.total === 0 ? 0 : (100 * count) / e.total);
  return (
    <Panel
      title={open ? 'Being emptied' : 'Last time it was emptied'}
      right={
        open && (
          <Group gap="xs">
            {e.status === 'Paused' ? (
              <ActionButton why={why} loading={busy} leftSection={<IconPlayerPlay size={14} />} onClick={() => void change('resume', `Go on emptying ${e.hostName}`)}>
                Go on
              </ActionButton>
            ) : (
              <ActionButton why={why} loading={busy} leftSection={<IconPlayerPause size={14} />} onClick={() => void change('pause', `Pause emptying ${e.hostName}`)}>
                Pause
              </ActionButton>
            )}
            <ActionButton why={why ?? (e.status === 'Cancelling' ? 'It is being stopped already.' : undefined)} color="red" leftSection={<IconX size={14} />} onClick={() => void cancel()}>
              Stop
            </ActionButton>
          </Group>
        )
      }
    >
      <Stack gap="xs">
        <Group gap="xs">
          <StateBadge state={e.status} />
          <Text size="sm">
            {e.moved} of {e.total} moved
            {e.moving > 0 && `, ${e.moving} on their way`}
            {e.waiting > 0 && `, ${e.waiting} waiting`}
            {e.failed > 0 && `, ${e.failed} failed`}
            {e.notMoved > 0 && `, ${e.notMoved} not moved`}
            {open && e.etaMs ? `; about ${duration(e.etaMs / 1000)} left` : ''}
            {!open && `, ${instant(e.endedAt)}, after ${duration((e.totalMs ?? 0) / 1000)}`}
          </Text>
        </Group>
        {open && (
          <Progress.Root size={8}>
            <Progress.Section value={part(e.moved)} color="green" aria-label="Moved" />
            <Progress.Section value={part(e.moving)} color="cyan" striped animated aria-label="On their way" />
            <Progress.Section value={part(e.failed + e.notMoved)} color="red" aria-label="Not moved" />
          </Progress.Root>
        )}
        {e.blocked && <ErrorDetails error={e.blocked} />}
        {(open || e.failed + e.notMoved > 0) && (
          <Table fz="sm">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>VM</Table.Th>
                <Table.Th>Status</Table.Th>
                <Table.Th>To</Table.Th>
                <Table.Th ta="right" visibleFrom="xs">
                  Took
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {e.vms
                .filter(v => open || v.status !== 'Moved')
                .map(vm => (
                  <Table.Tr key={vm.vmId}>
                    <Table.Td>
                      <VmLink id={vm.vmId} name={vm.vmName} />
                    </Table.Td>
                    <Table.Td>
                      <Tooltip label={vm.error?.message} disabled={!vm.error} multiline maw={360}>
                        <span>{vm.operationUrl ? <PageLink to={vm.operationUrl.replace('/v1/operations/', '/migrations/') as string}>{words(vm.status)}</PageLink> : words(vm.status)}</span>
                      </Tooltip>
                      {vm.error && (
                        <Text size="xs" c="dimmed">
                          {vm.error.message}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td>{vm.destinationHostId ? <HostLink id={vm.destinationHostId} name={vm.destinationHostName} /> : '–'}</Table.Td>
                    <Table.Td ta="right" className="tabular" visibleFrom="xs">
                      {vm.durationMs ? duration(vm.durationMs / 1000) : '–'}
                    </Table.Td>
                  </Table.Tr>
                ))}
            </Table.Tbody>
          </Table>
        )}
      </Stack>
    </Panel>
  );
}
