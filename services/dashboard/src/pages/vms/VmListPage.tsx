import { Table } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import { Failure } from '../../shared/Failure';
import { Page } from '../../shared/Page';
import { StateBadge } from '../../shared/StateBadge';

/** The fleet's VMs. */
export function VmListPage() {
  const vms = useQuery({ queryKey: ['vms'], queryFn: () => data(api.GET('/v1/vms', { params: { query: { limit: 200 } } })) });
  return (
    <Page title="VMs">
      {vms.error && <Failure error={vms.error} what="The VMs cannot be read" retry={() => void vms.refetch()} />}
      <Table.ScrollContainer minWidth={600}>
        <Table>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>Name</Table.Th>
              <Table.Th>State</Table.Th>
              <Table.Th>Host</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {vms.data?.items.map(vm => (
              <Table.Tr key={vm.id}>
                <Table.Td>{vm.name}</Table.Td>
                <Table.Td>
                  <StateBadge state={vm.state} />
                </Table.Td>
                <Table.Td>{vm.hostName}</Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Page>
  );
}
