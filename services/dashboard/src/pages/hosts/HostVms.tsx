import { Skeleton, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, data, type Schema } from '../../api/client';
import { Empty } from '../../shared/Empty';
import { Failure } from '../../shared/Failure';
import { mebibytes } from '../../shared/format';
import { PageLink, VmLink } from '../../shared/links';
import { StateBadge } from '../../shared/StateBadge';

const shown = 200;

/** The VMs of a host; a longer list is for the page of all VMs. */
export function HostVms({ host }: { host: Schema<'HostView'> }) {
  const vms = useQuery({ queryKey: ['vms', 'of-host', host.id], queryFn: () => data(api.GET('/v1/vms', { params: { query: { host: host.id, limit: shown } } })) });
  if (vms.error) {
    return <Failure error={vms.error} what="The host's VMs cannot be read" retry={() => void vms.refetch()} />;
  }

  if (!vms.data) {
    return <Skeleton h={200} />;
  }

  if (vms.data.items.length === 0) {
    return <Empty title="No VM is on this host.">Move one here from its page, or define one.</Empty>;
  }

  return (
    <>
      <Table>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>VM</Table.Th>
            <Table.Th>State</Table.Th>
            <Table.Th ta="right" visibleFrom="xs">
              Processors
            </Table.Th>
            <Table.Th ta="right">Memory</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {vms.data.items.map(vm => (
            <Table.Tr key={vm.id}>
              <Table.Td>
                <VmLink id={vm.id} name={vm.name} />
              </Table.Td>
              <Table.Td>
                <StateBadge state={vm.migrationId ? 'Migrating' : vm.state} />
              </Table.Td>
              <Table.Td ta="right" className="tabular" visibleFrom="xs">
                {vm.vcpus}
              </Table.Td>
              <Table.Td ta="right" className="tabular">
                {mebibytes(vm.memoryMiB)}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
      {vms.data.nextCursor && (
        <Text size="sm" mt="sm">
          The first {shown} of {host.vmCount}. <PageLink to="/vms" search={{ host: host.name } as never}>All VMs of this host</PageLink>
        </Text>
      )}
    </>
  );
}
