import { Button, Checkbox, Group, Skeleton, Stack, Table, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, data, type Schema } from '../../../api/client';
import { ActionButton } from '../../../shared/ActionButton';
import { confirm } from '../../../shared/confirm';
import { Section } from '../../../shared/Fact';
import { Failure } from '../../../shared/Failure';
import { send, useCommand } from '../../../shared/useCommand';
import { useDenied } from '../../../shared/useMay';
import { atRest, hindrance } from '../actions/vmActions';
import type { Vm } from './useVm';

/** What guest and host tell each other in key-value pairs; those of the host can be written. */
export function VmKeyValues({ vm }: { vm: Vm }) {
  const denied = useDenied('Operator') ?? hindrance(vm, 'Write', atRest);
  const kvp = useQuery({ queryKey: ['vm', vm.id, 'kvp'], queryFn: ({ signal }) => data(api.GET('/v1/vms/{id}/kvp', { params: { path: { id: vm.id } }, signal })), retry: false });
  const command = useCommand();
  const [key, setKey] = useState('');
  const [value, setValue] = useState('');
  const [hostOnly, setHostOnly] = useState(false);
  if (kvp.error) {
    return <Failure error={kvp.error} what="The key-value pairs cannot be read" retry={() => void kvp.refetch()} />;
  }

  if (!kvp.data) {
    return <Skeleton h={160} />;
  }

  const write = (title: string, change: Schema<'VmKvpChange'>, reason?: string) => ({ title, reason, send: (header: { 'Idempotency-Key': string }) => api.POST('/v1/vms/{id}/kvp', { params: { path: { id: vm.id }, header }, body: { changes: [change] } }) });
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void command.run(write(`Write ${key} for ${vm.name}`, { key: key.trim(), value, hostOnly })).then(answer => answer && (setKey(''), setValue('')));
  };
  const remove = async (item: string, only: boolean) => {
    const reason = await confirm({ title: `Remove ${item}?`, action: 'Remove', children: `${vm.name} no longer sees this pair.` });
    if (reason !== undefined) {
      await send(write(`Remove ${item} of ${vm.name}`, { key: item, hostOnly: only }, reason));
    }
  };
  return (
    <Stack>
      <Section title="Write">
        <form onSubmit={submit}>
          <Group align="flex-end" gap="xs">
            <TextInput label="Key" value={key} onChange={e => setKey(e.currentTarget.value)} required maxLength={512} autoComplete="off" />
            <TextInput label="Value" value={value} onChange={e => setValue(e.currentTarget.value)} flex={1} miw={180} autoComplete="off" />
            <Checkbox label="Not shown to the guest" checked={hostOnly} onChange={e => setHostOnly(e.currentTarget.checked)} mb={8} />
            <Button type="submit" disabled={Boolean(denied) || !key.trim()} loading={command.busy}>
              Write
            </Button>
          </Group>
          {denied && (
            <Text size="xs" c="dimmed" mt={4}>
              {denied}
            </Text>
          )}
        </form>
      </Section>
      <Pairs title="From the host, for the guest" items={kvp.data.host} denied={denied} remove={item => void remove(item, false)} />
      <Pairs title="Kept with the VM, not shown to the guest" items={kvp.data.hostOnly} denied={denied} remove={item => void remove(item, true)} />
      <Pairs title="From the guest" items={kvp.data.guest} />
      <Pairs title="What the guest says of itself" items={kvp.data.guestIntrinsic} />
    </Stack>
  );
}

function Pairs({ title, items = [], denied, remove }: { title: string; items?: Schema<'VmKvpItem'>[]; denied?: string; remove?: (key: string) => void }) {
  return (
    <Section title={title}>
      {items.length === 0 ? (
        <Text size="sm" c="dimmed">
          None.
        </Text>
      ) : (
        <Table>
          <Table.Tbody>
            {items.map(item => (
              <Table.Tr key={item.key}>
                <Table.Td w="35%" fw={500} style={{ overflowWrap: 'anywhere' }}>
                  {item.key}
                </Table.Td>
                <Table.Td style={{ overflowWrap: 'anywhere' }}>{item.value}</Table.Td>
                {remove && (
                  <Table.Td ta="right">
                    <ActionButton why={denied} variant="subtle" color="red" onClick={() => remove(item.key)}>
                      Remove
                    </ActionButton>
                  </Table.Td>
                )}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}
