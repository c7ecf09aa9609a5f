import { Alert, Button, Group, NumberInput, ScrollArea, Select, SimpleGrid, Skeleton, Stack, Table, Text, TextInput } from '@mantine/core';
import { keepPreviousData, useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, data, newKey, type Schema } from '../../api/client';
import { ErrorDetails, Failure } from '../../shared/Failure';
import { mebibytes, words } from '../../shared/format';
import { useCommand } from '../../shared/useCommand';

type Plan = Schema<'EvacuationPlanView'>;
type Order = Exclude<Schema<'EvacuationOrder'>, 'Unknown'>;

/** Empties a host: first the plan, which changes nothing, then the word to begin. */
export function EvacuationDialog({ host, close }: { host: Schema<'HostView'>; close: () => void }) {
  const queries = useQueryClient();
  const navigate = useNavigate();
  const { run, busy, problem } = useCommand();
  const [order, setOrder] = useState<Order>('SmallestFirst');
  const [atATime, setAtATime] = useState<number>(2);
  const [reason, setReason] = useState('');
  const settings = { order, maxConcurrent: atATime };
  const plan = useQuery({
    queryKey: ['host', host.id, 'evacuation-plan', settings],
    queryFn: () => data(api.POST('/v1/hosts/{id}/evacuations', { params: { path: { id: host.id }, header: { 'Idempotency-Key': newKey() } }, body: { ...settings, dryRun: true } })) as Promise<Plan>,
    placeholderData: keepPreviousData,
    refetchInterval: false,
    retry: false,
  });
  const begin = async () => {
    const begun = await run({
      title: `Emptying ${host.name}`,
      reason: reason.trim(),
      quiet: true,
      said: 'It has begun.',
      send: headers => api.POST('/v1/hosts/{id}/evacuations', { params: { path: { id: host.id }, header: headers }, body: { ...settings, dryRun: false } }),
    });
    if (begun && 'id' in begun) {
      await queries.invalidateQueries({ queryKey: ['evacuations'] });
      await queries.invalidateQueries({ queryKey: ['host', host.id] });
      close();
      void navigate({ to: `/evacuations/${begun.id}` as string });
    }
  };

  return (
    <Stack>
      <Text size="sm">Every VM is moved to another host, running ones live. The host takes no new VM meanwhile and stays in maintenance afterwards. It can be paused or cancelled; what has been moved stays where it is.</Text>
      <SimpleGrid cols={{ base: 1, xs: 2 }}>
        <Select label="Order" data={[{ value: 'SmallestFirst', label: 'Smallest first' }, { value: 'LargestFirst', label: 'Largest first' }, { value: 'ByName', label: 'By name' }]} value={order} onChange={v => setOrder((v as Order | null) ?? 'SmallestFirst')} allowDeselect={false} />
        <NumberInput label="At a time" min={1} max={16} value={atATime} onChange={v => setAtATime(typeof v === 'number' ? v : 1)} />
      </SimpleGrid>
      {plan.error && <Failure error={plan.error} what="There is no plan" retry={() => void plan.refetch()} />}
      {plan.isPending && <Skeleton h={180} />}
      {plan.data && <PlanTables plan={plan.data} />}
      <TextInput label="Reason" description="Kept in the history; may be empty." value={reason} onChange={e => setReason(e.currentTarget.value)} maxLength={500} autoComplete="off" />
      {problem !== undefined && <Failure error={problem} what="The host is not being emptied" />}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          Back
        </Button>
        <Button color="red" loading={busy} disabled={!plan.data || plan.data.moves.length === 0} onClick={() => void begin()}>
          {plan.data ? `Move ${plan.data.moves.length} ${plan.data.moves.length === 1 ? 'VM' : 'VMs'} away` : 'Move the VMs away'}
        </Button>
      </Group>
    </Stack>
  );
}

function PlanTables({ plan }: { plan: Plan }) {
  return (
    <Stack gap="sm">
      {plan.cannotMove.length > 0 && (
        <Alert color="orange" variant="light" title={plan.cannotMove.length === 1 ? 'One VM has no place to go' : `${plan.cannotMove.length} VMs have no place to go`}>
          <Stack gap="xs">
            {plan.cannotMove.map(vm => (
              <div key={vm.vmId}>
                <Text size="sm" fw={600}>
                  {vm.vmName} ({words(vm.state).toLowerCase()}, {mebibytes(vm.memoryMiB)})
                </Text>
                <ErrorDetails error={vm.error} />
              </div>
            ))}
          </Stack>
        </Alert>
      )}
      <Text size="sm">
        {plan.moves.length} {plan.moves.length === 1 ? 'VM' : 'VMs'}, {mebibytes(plan.liveMemoryMiB)} of running memory:{' '}
        {plan.destinations.map(d => `${d.vmCount} to ${d.hostName} (${mebibytes(d.freeAfterMiB)} left free)`).join(', ')}.
      </Text>
      <ScrollArea.Autosize mah={280} type="auto" viewportProps={{ tabIndex: 0, 'aria-label': 'The plan' }}>
        <Table stickyHeader fz="sm">
          <Table.Thead>
            <Table.Tr>
              <Table.Th>VM</Table.Th>
              <Table.Th>To</Table.Th>
              <Table.Th>How</Table.Th>
              <Table.Th ta="right">Memory</Table.Th>
              <Table.Th visibleFrom="sm">Why there</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {plan.moves.map(move => (
              <Table.Tr key={move.vmId}>
                <Table.Td>{move.vmName}</Table.Td>
                <Table.Td>{move.destinationHostName}</Table.Td>
                <Table.Td>{move.mode}</Table.Td>
                <Table.Td ta="right" className="tabular">
                  {mebibytes(move.memoryMiB)}
                </Table.Td>
                <Table.Td visibleFrom="sm">
                  <Text size="xs" c="dimmed">
                    {move.why}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </ScrollArea.Autosize>
    </Stack>
  );
}
