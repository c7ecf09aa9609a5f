import { Skeleton, Table, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, data, type Schema } from '../../api/client';
import { Empty } from '../../shared/Empty';
import { Failure } from '../../shared/Failure';

/** The host's virtual switches, asked of the host now. */
export function HostSwitches({ host }: { host: Schema<'HostView'> }) {
  const switches = useQuery({
    queryKey: ['host', host.id, 'switches'],
    queryFn: () => data(api.GET('/v1/hosts/{id}/switches', { params: { path: { id: host.id } } })),
    retry: false,
    refetchInterval: false,
  });
  if (switches.error) {
    return <Failure error={switches.error} what="The host does not say its switches" retry={() => void switches.refetch()} />;
  }

  if (!switches.data) {
    return <Skeleton h={120} />;
  }

  if (switches.data.switches.length === 0) {
    return <Empty title="This host has no virtual switch." />;
  }

  return (
    <Table>
      <Table.Thead>
        <Table.Tr>
          <Table.Th>Switch</Table.Th>
          <Table.Th>Kind</Table.Th>
          <Table.Th visibleFrom="sm">Id</Table.Th>
        </Table.Tr>
      </Table.Thead>
      <Table.Tbody>
        {switches.data.switches.map(s => (
          <Table.Tr key={s.id}>
            <Table.Td>{s.name}</Table.Td>
            <Table.Td>{s.kind ?? '–'}</Table.Td>
            <Table.Td visibleFrom="sm">
              <Text size="xs" ff="monospace">
                {s.id}
              </Text>
            </Table.Td>
          </Table.Tr>
        ))}
      </Table.Tbody>
    </Table>
  );
}
