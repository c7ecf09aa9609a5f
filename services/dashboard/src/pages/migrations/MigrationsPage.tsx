import { Badge, Box, Button, Group, Select, Skeleton, Stack, Table, Text } from '@mantine/core';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { Empty } from '../../shared/Empty';
import { Section } from '../../shared/Fact';
import { Failure } from '../../shared/Failure';
import { ago, bytes, duration, words } from '../../shared/format';
import { HostLink, OperationLink, PageLink, useHosts, VmLink } from '../../shared/links';
import { Page } from '../../shared/Page';
import { StateBadge } from '../../shared/StateBadge';
import { useNow } from '../../shared/useNow';
import { CancelMigration } from './CancelMigration';
import { MigrationProgress } from './MigrationProgress';
import type { Migration } from './progress';
import { useMigrations } from './useMigrations';

/** The board's columns: what happens, from left to right. */
const lanes: readonly { title: string; empty: string; holds: (m: Migration) => boolean }[] = [
  { title: 'Waiting', empty: 'None waits for a limit.', holds: m => Boolean(m.waiting) && !m.doubt },
  { title: 'Preparing', empty: 'None is being checked or prepared.', holds: m => !m.waiting && ['Unknown', 'Requested', 'Preflight', 'Reserving', 'PreparingDestination'].includes(m.phase) },
  { title: 'Transferring', empty: 'Nothing is on its way.', holds: m => !m.waiting && m.phase === 'Transferring' },
  { title: 'Finishing', empty: 'None is being finished or undone.', holds: m => !m.doubt && ['Finishing', 'Confirming', 'Cancelling', 'RollingBack', 'Completed', 'RolledBack', 'Failed'].includes(m.phase) },
];

/** What moves now, phase by phase, and what has moved. */
export function MigrationsPage() {
  const open = useMigrations({ open: true }, 200);
  const doubtful = open.migrations?.filter(m => m.doubt || m.phase === 'InDoubt') ?? [];
  const sure = open.migrations?.filter(m => !doubtful.includes(m)) ?? [];
  return (
    <Page title="Migrations" actions={
        <Text size="sm" c="dimmed" component="div" className="prose">
          {open.migrations && `${open.migrations.length === 0 ? 'none' : open.migrations.length} under way · `}
          <PageLink to={'/evacuations' as string}>Evacuations of hosts</PageLink>
        </Text>
      }
    >
      {open.error && <Failure error={open.error} what="The migrations cannot be read" retry={() => void open.refetch()} />}
      {!open.migrations && !open.error && <Skeleton h={160} />}
      {doubtful.length > 0 && (
        <Section title="In doubt: someone should look">
          <Box className="cards">
            {doubtful.map(m => (
              <Card key={m.id} migration={m} />
            ))}
          </Box>
        </Section>
      )}
      {open.migrations && open.migrations.length === 0 && (
        <Section>
          <Empty title="Nothing moves now.">
            Choose a VM in <PageLink to="/vms">VMs</PageLink> and press Migrate, or empty a whole host on its page.
          </Empty>
        </Section>
      )}
      {sure.length > 0 && (
        <Box className="lanes">
          {lanes.map(lane => {
            const held = sure.filter(lane.holds);
            return (
              <Stack key={lane.title} gap="xs" component="section" aria-label={lane.title} miw={0}>
                <Group gap="xs">
                  <Text component="h2" size="sm" fw={600}>
                    {lane.title}
                  </Text>
                  <Badge size="sm" variant="light" color={held.length > 0 ? undefined : 'gray'}>
                    {held.length}
                  </Badge>
                </Group>
                {held.map(m => (
                  <Card key={m.id} migration={m} />
                ))}
                {held.length === 0 && (
                  <Text size="sm" c="dimmed" visibleFrom="md">
                    {lane.empty}
                  </Text>
                )}
              </Stack>
            );
          })}
        </Box>
      )}
      <Ended />
    </Page>
  );
}

function Card({ migration: m }: { migration: Migration }) {
  const now = useNow(5_000);
  return (
    <Section p="sm" data-migration={m.id}>
      <Stack gap={6}>
        <Group justify="space-between" wrap="nowrap" gap="xs">
          <Text size="sm" fw={600} truncate>
            <OperationLink id={m.id} kind="MigrateVm">
              {m.vmName}
            </OperationLink>
          </Text>
          <CancelMigration migration={m} />
        </Group>
        <Text size="xs" c="dimmed" truncate>
          {m.sourceHostName ?? '–'} → {m.destinationHostName ?? '–'} · {ago(m.trail.requestedAt, now)}
        </Text>
        <MigrationProgress migration={m} dense />
      </Stack>
    </Section>
  );
}

const endings = ['Succeeded', 'RolledBack', 'Cancelled', 'Failed'];

function Ended() {
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { status?: string; host?: string };
  const status = endings.includes(search.status ?? '') ? search.status : undefined;
  const hosts = useHosts();
  const set = (part: { status?: string; host?: string }) => void navigate({ to: '.', search: ((before: Record<string, unknown>) => ({ ...before, ...part })) as never, replace: true });
  const list = useMigrations({ open: false, status, host: search.host });
  return (
    <Section
      title="Ended"
      actions={
        <Group gap="xs">
          <Select size="xs" w={140} aria-label="How it ended" placeholder="Any end" clearable data={endings.map(s => ({ value: s, label: words(s) }))} value={status ?? null} onChange={v => set({ status: v ?? undefined })} />
          <Select size="xs" w={170} aria-label="Host" placeholder="Any host" searchable clearable limit={50} data={hosts.data?.map(h => ({ value: h.id, label: h.name })) ?? []} value={search.host ?? null} onChange={v => set({ host: v ?? undefined })} />
        </Group>
      }
    >
      {list.error && <Failure error={list.error} what="The ended migrations cannot be read" retry={() => void list.refetch()} />}
      {list.migrations?.length === 0 && <Empty title={status || search.host ? 'No migration fits.' : 'No migration has ended yet.'} />}
      {list.migrations && list.migrations.length > 0 && (
        <>
          <Table.ScrollContainer minWidth={300}>
            <Table className="tabular nowrap">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>VM</Table.Th>
                  <Table.Th visibleFrom="sm">From</Table.Th>
                  <Table.Th visibleFrom="sm">To</Table.Th>
                  <Table.Th>End</Table.Th>
                  <Table.Th visibleFrom="sm" ta="right">
                    Took
                  </Table.Th>
                  <Table.Th visibleFrom="sm" ta="right">
                    Paused
                  </Table.Th>
                  <Table.Th visibleFrom="sm" ta="right">
                    Moved
                  </Table.Th>
                  <Table.Th visibleFrom="sm" ta="right">
                    When
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {list.migrations.map(m => (
                  <Table.Tr key={m.id} data-ended={m.id}>
                    <Table.Td>
                      <VmLink id={m.vmId} name={m.vmName} />
                      <Text size="xs" c="dimmed" hiddenFrom="sm" style={{ whiteSpace: 'normal' }}>
                        {m.sourceHostName} → {m.destinationHostName}, {ago(m.finishedAt)}
                      </Text>
                    </Table.Td>
                    <Table.Td visibleFrom="sm">
                      <HostLink id={m.sourceHostId} name={m.sourceHostName} />
                    </Table.Td>
                    <Table.Td visibleFrom="sm">
                      <HostLink id={m.destinationHostId} name={m.destinationHostName} />
                    </Table.Td>
                    <Table.Td>
                      <OperationLink id={m.id} kind="MigrateVm">
                        <StateBadge state={m.status} />
                      </OperationLink>
                    </Table.Td>
                    <Table.Td visibleFrom="sm" ta="right">
                      {m.totalMs == null ? '–' : duration(m.totalMs / 1000)}
                    </Table.Td>
                    <Table.Td visibleFrom="sm" ta="right">
                      {m.downtimeMs == null ? '–' : duration(m.downtimeMs / 1000)}
                    </Table.Td>
                    <Table.Td visibleFrom="sm" ta="right">
                      {bytes(m.transferredBytes)}
                    </Table.Td>
                    <Table.Td visibleFrom="sm" ta="right">
                      {ago(m.finishedAt)}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
          {list.hasNextPage && (
            <Button mt="sm" variant="default" size="xs" loading={list.isFetchingNextPage} onClick={() => void list.fetchNextPage()}>
              Show older
            </Button>
          )}
        </>
      )}
    </Section>
  );
}
