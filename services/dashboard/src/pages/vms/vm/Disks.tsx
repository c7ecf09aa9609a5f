import { Group, Table, Text } from '@mantine/core';
import { IconFolderShare, IconPlus } from '@tabler/icons-react';
import { ActionButton } from '../../../shared/ActionButton';
import { confirm } from '../../../shared/confirm';
import { Section } from '../../../shared/Fact';
import { bytes, yesNo } from '../../../shared/format';
import { openForm } from '../../../shared/openForm';
import { send } from '../../../shared/useCommand';
import { deviceLimits } from '../actions/deviceLimits';
import { AttachDiskForm, change, ResizeDiskForm } from '../actions/DiskForms';
import { MoveStorageForm } from '../actions/MoveStorageForm';
import { useHindrance } from '../actions/useHindrance';
import { atRest } from '../actions/vmActions';
import type { Vm } from './useVm';

/** The disks, one a row: attach, resize, detach, and move them to another place of the host. */
export function Disks({ vm, past }: { vm: Vm; past: boolean }) {
  const whyNot = useHindrance(vm, past);
  const why = whyNot('Change disks', atRest, 'settings');
  const detach = async (disk: Vm['disks'][number]) => {
    const reason = await confirm({
      title: `Detach disk ${disk.target} of ${vm.name}?`,
      action: 'Detach',
      children: `${vm.state === 'Off' ? '' : 'The guest loses it at once: unmount it there first. '}Its file ${disk.source} stays on the host and can be attached again.`,
    });
    if (reason !== undefined) {
      await send(change(vm, `Detach disk ${disk.target} of ${vm.name}`, { disks: [{ action: 'Remove', path: disk.source! }] }, reason));
    }
  };
  return (
    <Section
      title="Disks"
      actions={
        <Group gap="xs">
          <ActionButton why={whyNot('Move storage', atRest, 'storage') ?? (vm.disks.length === 0 ? 'The VM has no disk.' : undefined)} leftSection={<IconFolderShare size={14} />} onClick={() => openForm(`Move the storage of ${vm.name}`, close => <MoveStorageForm vm={vm} close={close} />, 'lg')}>
            Move storage
          </ActionButton>
          <ActionButton why={why} leftSection={<IconPlus size={14} />} onClick={() => openForm(`Attach a disk to ${vm.name}`, close => <AttachDiskForm vm={vm} close={close} />)}>
            Attach a disk
          </ActionButton>
        </Group>
      }
    >
      {vm.disks.length === 0 ? (
        <Text size="sm" c="dimmed">
          The VM has no disk.
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={720}>
          <Table>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Target</Table.Th>
                <Table.Th>File</Table.Th>
                <Table.Th>Format</Table.Th>
                <Table.Th ta="right">Capacity</Table.Th>
                <Table.Th ta="right">On disk</Table.Th>
                <Table.Th>Shared</Table.Th>
                <Table.Th aria-label="Actions" />
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {vm.disks.map(disk => (
                <Table.Tr key={disk.target} data-disk={disk.target}>
                  <Table.Td>{disk.target}</Table.Td>
                  <Table.Td ff="monospace" fz="xs" style={{ overflowWrap: 'anywhere' }}>
                    {disk.source ?? '–'}
                  </Table.Td>
                  <Table.Td>{disk.format ?? '–'}</Table.Td>
                  <Table.Td ta="right">{bytes(disk.capacityBytes)}</Table.Td>
                  <Table.Td ta="right">{bytes(disk.allocatedBytes)}</Table.Td>
                  <Table.Td>{yesNo(disk.shared) ?? '–'}</Table.Td>
                  <Table.Td>
                    {disk.source && (
                      <Group gap="xs" wrap="nowrap" justify="flex-end">
                        <ActionButton why={why ?? deviceLimits(vm.hostKind).resize} aria-label={`Resize disk ${disk.target}`} onClick={() => openForm(`Resize disk ${disk.target} of ${vm.name}`, close => <ResizeDiskForm vm={vm} disk={disk} close={close} />)}>
                          Resize
                        </ActionButton>
                        <ActionButton why={why} color="red" variant="light" aria-label={`Detach disk ${disk.target}`} onClick={() => void detach(disk)}>
                          Detach
                        </ActionButton>
                      </Group>
                    )}
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
