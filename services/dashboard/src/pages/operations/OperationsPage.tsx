import { Button, Group, SegmentedControl, Select, Skeleton, Table, Text } from '@mantine/core';
import { keepPreviousData, useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api, data, type Schema } from '../../api/client';
import { Empty } from '../../shared/Empty';
import { Section } from '../../shared/Fact';
import { Failure } from '../../shared/Failure';
import { ago, words } from '../../shared/format';
import { HostLink, OperationLink, useHosts, VmLink } from '../../shared/links';
import { Page } from '../../shared/Page';
import { StateBadge } from '../../shared/StateBadge';
import { OperationProgress } from './OperationProgress';

type Kind = Schema<'OperationKind'>;

const kinds: Kind[] = [
  'StartVm', 'ShutDownVm', 'ForceOffVm', 'PauseVm', 'ResumeVm', 'RebootVm', 'SaveVm', 'ResetVm', 'HibernateVm', 'RenameVm', 'ReconfigureVm', 'CreateVmCheckpoint', 'ApplyVmCheckpoint', 'DeleteVmCheckpoint',
  'WriteVmKvp', 'CopyFileToVm', 'MoveVmStorage', 'DefineVm', 'DeleteVm', 'MigrateVm', 'ExportVm', 'ImportVm',
];
const statuses: Schema<'OperationStatus'>[] = ['Accepted', 'Running', 'InDoubt', 'Succeeded', 'Failed', 'Cancelled', 'RolledBack'];

interface Search {
  kind?: string;
  status?: string;
  host?: string;
  show?: string;
}

/** Everything that was asked for, the newest first. */
export function OperationsPage() {
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as Search;
  const hosts = useHosts();
  const set = (part: Search) => void navigate({ to: '.', search: ((before: Record<string, unknown>) => ({ ...before, ...part })) as never, replace: true });
  const open = search.show === 'open' ? true : search.show === 'ended' ? false : undefined;
  const filter = { kind: search.kind, status: search.status, host: search.host, open };
  const list = useInfiniteQuery({
    queryKey: ['operations', filter],
    queryFn: ({ pageParam, signal }) => data(api.GET('/v1/operations', { params: { query: { ...filter, limit: 50, cursor: pageParam } as never }, signal })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.nextCursor ?? undefined,
    placeholderData: keepPreviousData,
  });
  const operations = list.data?.pages.flatMap(p => p.items);
  return (
    <Page title="Operations">
      <Group gap="xs">
        <SegmentedControl size="xs" aria-label="Which" value={search.show ?? 'all'} onChange={v => set({ show: v === 'all' ? undefined : v })} data={[{ value: 'all', label: 'All' }, { value: 'open', label: 'Under way' }, { value: 'ended', label: 'Ended' }]} />
        <Select size="xs" w={180} aria-label="Kind" placeholder="Any kind" searchable clearable data={kinds.map(k => ({ value: k, label: words(k) }))} value={search.kind ?? null} onChange={v => set({ kind: v ?? undefined })} />
        <Select size="xs" w={140} aria-label="State" placeholder="Any state" clearable data={statuses.map(s => ({ value: s, label: words(s) }))} value={search.status ?? null} onChange={v => set({ status: v ?? undefined })} />
        <Select size="xs" w={180} aria-label="Host" placeholder="Any host" searchable clearable limit={50} data={hosts.data?.map(h => ({ value: h.id, label: h.name })) ?? []} value={search.host ?? null} onChange={v => set({ host: v ?? undefined })} />
      </Group>
      {list.error && <Failure error={list.error} what="The operations cannot be read" retry={() => void list.refetch()} />}
      {!operations && !list.error && <Skeleton h={300} />}
      {operations?.length === 0 && (
        <Section>
          <Empty title={Object.values(filter).some(v => v !== undefined) ? 'No operation fits.' : 'Nothing was asked for yet.'}>Each start, stop, migration, export and so on appears here with how it ended.</Empty>
        </Section>
      )}
      {operations && operations.length > 0 && (
        <Section p={0}>
          <Table.ScrollContainer minWidth={320}>
            <Table className="tabular nowrap" horizontalSpacing="sm">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>Operation</Table.Th>
                  <Table.Th>VM</Table.Th>
                  <Table.Th visibleFrom="sm">Host</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th visibleFrom="sm">Asked by</Table.Th>
                  <Table.Th visibleFrom="sm" ta="right">
                    When
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {operations.map(o => (
                  <Table.Tr key={o.id} data-operation={o.id}>
                    <Table.Td>
                      <OperationLink id={o.id} kind={o.kind}>
                        {words(o.kind)}
                      </OperationLink>
                      <OperationProgress operation={o} dense />
                      <Text size="xs" c="dimmed" hiddenFrom="sm">
                        {ago(o.trail.requestedAt)}
                      </Text>
                    </Table.Td>
                    <Table.Td>
                      <VmLink id={o.vmId} name={o.vmName} />
                    </Table.Td>
                    <Table.Td visibleFrom="sm">
                      <HostLink id={o.hostId} />
                      {o.destinationHostId && (
                        <>
                          {' → '}
                          <HostLink id={o.destinationHostId} />
                        </>
                      )}
                    </Table.Td>
                    <Table.Td>
                      <StateBadge state={o.status} />
                    </Table.Td>
                    <Table.Td visibleFrom="sm">
                      <Text size="sm" truncate maw={180} title={o.trail.reason ?? undefined}>
                        {o.trail.requestedBy}
                      </Text>
                    </Table.Td>
                    <Table.Td visibleFrom="sm" ta="right">
                      {ago(o.trail.requestedAt)}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        </Section>
      )}
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
