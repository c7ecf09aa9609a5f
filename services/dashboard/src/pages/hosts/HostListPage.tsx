import { Group, Select, Skeleton, Table, Text, TextInput } from '@mantine/core';
import { IconSearch } from '@tabler/icons-react';
import { useNavigate, useSearch } from '@tanstack/react-router';
import type { Schema } from '../../api/client';
import { Ago } from '../../shared/Ago';
import { Empty } from '../../shared/Empty';
import { Failure } from '../../shared/Failure';
import { mebibytes, words } from '../../shared/format';
import { HostLink, PageLink, useHosts } from '../../shared/links';
import { memoryUsedMiB } from '../../shared/loads';
import { Meter } from '../../shared/Meter';
import { Page } from '../../shared/Page';
import { StateBadge } from '../../shared/StateBadge';
import { VmCounts } from '../../shared/VmCounts';

type Host = Schema<'HostView'>;

const filters: Record<string, { label: string; passes: (host: Host) => boolean }> = {
  online: { label: 'Online', passes: h => h.status === 'Online' },
  unreachable: { label: 'Stale: does not answer', passes: h => h.status !== 'Online' },
  maintenance: { label: 'In maintenance', passes: h => !!h.maintenance },
  simulated: { label: 'Simulated', passes: h => h.simulated },
};

/** All hosts with their loads. Its filters are in the address, so that a link keeps them. */
export function HostListPage() {
  const { search = '', status } = useSearch({ strict: false }) as { search?: string; status?: string };
  const navigate = useNavigate();
  const change = (values: { search?: string; status?: string }) => void navigate({ to: '/hosts' as string, search: { search: search || undefined, status, ...values } as never, replace: true });
  const hosts = useHosts();
  const text = search.toLowerCase();
  const filter = status === undefined ? undefined : filters[status];
  const found = (hosts.data ?? [])
    .filter(h => (!text || `${h.name} ${h.id} ${h.hypervisor} ${h.cpuModel}`.toLowerCase().includes(text)) && (filter?.passes(h) ?? true))
    .sort((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  return (
    <Page title="Hosts" actions={<PageLink to={'/welcome' as string} fz="sm">Add a host</PageLink>}>
      <Group gap="sm">
        <TextInput
          aria-label="Search hosts"
          placeholder="Search by name, hypervisor, CPU"
          leftSection={<IconSearch size={16} aria-hidden />}
          value={search}
          onChange={e => change({ search: e.currentTarget.value || undefined })}
          w={{ base: '100%', xs: 320 }}
          data-search
        />
        <Select aria-label="Status" placeholder="Any status" data={Object.entries(filters).map(([value, f]) => ({ value, label: f.label }))} value={status ?? null} onChange={value => change({ status: value ?? undefined })} clearable w={210} />
        {hosts.data && (
          <Text size="sm" c="dimmed" className="tabular" role="status">
            {found.length === hosts.data.length ? `${found.length} hosts` : `${found.length} of ${hosts.data.length} hosts`}
          </Text>
        )}
      </Group>
      {hosts.error && <Failure error={hosts.error} what="The hosts cannot be read" retry={() => void hosts.refetch()} />}
      {hosts.isPending && <Skeleton h={260} />}
      {hosts.data?.length === 0 && (
        <Empty title="No host has joined yet.">
          A host joins by its agent. <PageLink to={'/welcome' as string}>How to add one</PageLink>
        </Empty>
      )}
      {hosts.data && hosts.data.length > 0 && found.length === 0 && <Empty title="No host fits.">Change the search or the status above.</Empty>}
      {found.length > 0 && (
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Host</Table.Th>
              <Table.Th>Status</Table.Th>
              <Table.Th visibleFrom="md">Hypervisor</Table.Th>
              <Table.Th visibleFrom="xs" w="24%">
                Memory
              </Table.Th>
              <Table.Th ta="right">VMs</Table.Th>
              <Table.Th visibleFrom="md" ta="right">
                Cores
              </Table.Th>
              <Table.Th visibleFrom="lg" ta="right">
                Seen
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {found.map(host => (
              <Table.Tr key={host.id}>
                <Table.Td>
                  <HostLink id={host.id} name={host.name} />
                  {host.simulated && (
                    <Text size="xs" c="dimmed">
                      simulated
                    </Text>
                  )}
                </Table.Td>
                <Table.Td>
                  <Group gap={4}>
                    <StateBadge state={host.status} />
                    {host.maintenance && <StateBadge state="Maintenance" />}
                  </Group>
                </Table.Td>
                <Table.Td visibleFrom="md">
                  <Text size="sm" lineClamp={1}>
                    {host.hypervisor || words(host.kind)}
                  </Text>
                </Table.Td>
                <Table.Td visibleFrom="xs">
                  <Meter used={memoryUsedMiB(host)} total={host.memoryMiB} format={mebibytes} label={`Memory of ${host.name}`} />
                </Table.Td>
                <Table.Td ta="right" className="tabular">
                  <VmCounts host={host} />
                </Table.Td>
                <Table.Td visibleFrom="md" ta="right" className="tabular">
                  {host.cpuCount}
                </Table.Td>
                <Table.Td visibleFrom="lg" ta="right" className="tabular">
                  <Ago at={host.lastSeenAt} />
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Page>
  );
}
