import { Skeleton, Table } from '@mantine/core';
import { Failure } from '../../shared/Failure';
import { mebibytes } from '../../shared/format';
import { HostLink, PageLink, useHosts } from '../../shared/links';
import { memoryUsedMiB } from '../../shared/loads';
import { Meter } from '../../shared/Meter';
import { Panel } from '../../shared/Panel';
import { StateBadge } from '../../shared/StateBadge';
import { VmCounts } from '../../shared/VmCounts';

const shown = 12;

/** The fullest hosts with their loads; those that do not answer come first. */
export function HostLoads() {
  const hosts = useHosts();
  const rank = (h: { status: string }) => (h.status === 'Online' ? 1 : 0);
  const sorted = (hosts.data ?? []).toSorted((a, b) => rank(a) - rank(b) || memoryUsedMiB(b) / b.memoryMiB - memoryUsedMiB(a) / a.memoryMiB || a.name.localeCompare(b.name));
  return (
    <Panel title="Hosts" flush right={<PageLink to="/hosts" fz="sm">{sorted.length > shown ? `All ${sorted.length} hosts` : 'All hosts'}</PageLink>}>
      {hosts.error && <Failure error={hosts.error} what="The hosts cannot be read" retry={() => void hosts.refetch()} />}
      {hosts.isPending && <Skeleton h={180} m="md" />}
      <Table horizontalSpacing="xs">
        <Table.Thead>
          <Table.Tr>
            <Table.Th>Host</Table.Th>
            <Table.Th visibleFrom="xs">Status</Table.Th>
            <Table.Th w="40%">Memory</Table.Th>
            <Table.Th ta="right">VMs</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {sorted.slice(0, shown).map(host => (
            <Table.Tr key={host.id}>
              <Table.Td>
                <HostLink id={host.id} name={host.name} />
              </Table.Td>
              <Table.Td visibleFrom="xs">
                <StateBadge state={host.maintenance ? 'Maintenance' : host.status} />
              </Table.Td>
              <Table.Td>
                <Meter used={memoryUsedMiB(host)} total={host.memoryMiB} format={mebibytes} label={`Memory of ${host.name}`} />
              </Table.Td>
              <Table.Td ta="right" className="tabular">
                <VmCounts host={host} />
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}
