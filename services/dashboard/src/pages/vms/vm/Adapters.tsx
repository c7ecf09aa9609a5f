import { Badge, Group, Table, Text } from '@mantine/core';
import { IconPlus } from '@tabler/icons-react';
import type { Schema } from '../../../api/client';
import { ActionButton } from '../../../shared/ActionButton';
import { confirm } from '../../../shared/confirm';
import { Section } from '../../../shared/Fact';
import { openForm } from '../../../shared/openForm';
import { send } from '../../../shared/useCommand';
import { AdapterForm } from '../actions/AdapterForm';
import { deviceLimits } from '../actions/deviceLimits';
import { change } from '../actions/DiskForms';
import { useHindrance } from '../actions/useHindrance';
import { atRest } from '../actions/vmActions';
import type { Vm } from './useVm';
import { useVmSettings } from './useVmSettings';

/** An adapter as the host knows it; of the past, or while the host does not answer, as the last report had it. */
export type Adapter = Pick<Schema<'VmAdapterState'>, 'id' | 'name' | 'macAddress' | 'switch' | 'vlanId' | 'legacy'>;

/** The network adapters, one a row: add, change, remove. */
export function Adapters({ vm, past }: { vm: Vm; past: boolean }) {
  const whyNot = useHindrance(vm, past);
  const why = whyNot('Change adapters', atRest, 'settings');
  const settings = useVmSettings(vm.id, !past && !vm.deletedAt && !vm.missingSince);
  const reported: readonly Adapter[] = vm.nics.map(n => ({ id: n.macAddress, name: '', macAddress: n.macAddress, switch: n.network, legacy: false }));
  const adapters = past ? reported : (settings.data?.adapters ?? reported);
  const remove = async (adapter: Adapter) => {
    const called = nameOf(adapter);
    const reason = await confirm({ title: `Remove adapter ${called} of ${vm.name}?`, action: 'Remove', children: `${vm.state === 'Off' ? '' : 'The guest loses this connection at once. '}Its MAC address is lost with it, unless you note it down: ${adapter.macAddress ?? 'it has none yet'}.` });
    if (reason !== undefined) {
      await send(change(vm, `Remove adapter ${called} of ${vm.name}`, { adapters: [{ action: 'Remove', adapter: adapter.id }] }, reason));
    }
  };
  return (
    <Section
      title="Network adapters"
      actions={
        <ActionButton why={why} leftSection={<IconPlus size={14} />} onClick={() => openForm(`Add an adapter to ${vm.name}`, close => <AdapterForm vm={vm} names={adapters.map(a => a.name)} close={close} />)}>
          Add an adapter
        </ActionButton>
      }
    >
      {adapters.length === 0 ? (
        <Text size="sm" c="dimmed">
          The VM has no network adapter.
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={620}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>MAC address</Table.Th>
                <Table.Th>Network</Table.Th>
                <Table.Th>VLAN</Table.Th>
                <Table.Th>Model</Table.Th>
                <Table.Th aria-label="Actions" />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {adapters.map(adapter => (
                <Table.Tr key={adapter.id} data-adapter={adapter.macAddress ?? adapter.id}>
                  <Table.Td>
                    {adapter.name || '–'} {adapter.legacy && <Badge size="xs">legacy</Badge>}
                  </Table.Td>
                  <Table.Td ff="monospace" fz="xs">
                    {adapter.macAddress ?? 'none yet'}
                  </Table.Td>
                  <Table.Td>{adapter.switch ?? 'not connected'}</Table.Td>
                  <Table.Td>{adapter.vlanId ?? '–'}</Table.Td>
                  <Table.Td>{vm.nics.find(n => n.macAddress === adapter.macAddress)?.model ?? '–'}</Table.Td>
                  <Table.Td>
                    <Group gap="xs" wrap="nowrap" justify="flex-end">
                      <ActionButton why={why ?? deviceLimits(vm.hostKind).changeAdapter} aria-label={`Change adapter ${nameOf(adapter)}`} onClick={() => openForm(`Change adapter ${nameOf(adapter)} of ${vm.name}`, close => <AdapterForm vm={vm} adapter={adapter} close={close} />)}>
                        Change
                      </ActionButton>
                      <ActionButton why={why} color="red" variant="light" aria-label={`Remove adapter ${nameOf(adapter)}`} onClick={() => void remove(adapter)}>
                        Remove
                      </ActionButton>
                    </Group>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
    </Section>
  );
}

const nameOf = (adapter: Adapter) => adapter.name || adapter.macAddress || adapter.id;
