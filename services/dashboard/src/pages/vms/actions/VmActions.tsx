import { Button, Group, Menu } from '@mantine/core';
import { IconArrowsExchange, IconDotsVertical, IconFileImport, IconFolderShare, IconPackageExport, IconPencil, IconPlayerPlay, IconPower } from '@tabler/icons-react';
import { ActionButton } from '../../../shared/ActionButton';
import { confirm } from '../../../shared/confirm';
import { openForm } from '../../../shared/openForm';
import { send } from '../../../shared/useCommand';
import type { Vm } from '../vm/useVm';
import { CopyFileForm } from './CopyFileForm';
import { ExportForm } from './ExportForm';
import { MigrateForm } from './MigrateForm';
import { MoveStorageForm } from './MoveStorageForm';
import { RenameForm } from './RenameForm';
import { useHindrance } from './useHindrance';
import { atRest, commandOf, type VmAction, vmActions } from './vmActions';

/** What can be done to a VM. What cannot be done now says why; what cannot be taken back asks first. */
export function VmActions({ vm, past }: { vm: Vm; past: boolean }) {
  const hindrance = useHindrance(vm, past);
  const whyNot = (action: VmAction) => hindrance(action.label, action.allowed, action.facet);
  const run = async (action: VmAction) => {
    const reason = action.warning ? await confirm({ title: `${action.label} ${vm.name}?`, action: `${action.label} ${vm.name}`, children: action.warning, name: action.final ? vm.name : undefined }) : '';
    if (reason !== undefined) {
      await send(commandOf(action, vm, reason));
    }
  };
  const start = vmActions.find(a => a.verb === 'start')!;
  const stop = vmActions.find(a => a.verb === 'shutdown')!;
  const resume = vmActions.find(a => a.verb === 'resume')!;
  const first = vm.state === 'Running' || vm.state === 'ShuttingDown' ? stop : vm.state === 'Paused' || vm.state === 'Suspended' ? resume : start;
  const movable = hindrance('Migrate', ['Running', 'Paused', 'Off'], 'migration');
  const item = (label: string, why: string | undefined, onClick: () => void, icon?: React.ReactNode, red = false) => (
    <Menu.Item key={label} onClick={onClick} disabled={Boolean(why)} title={why} leftSection={icon} color={red ? 'red' : undefined}>
      {label}
    </Menu.Item>
  );
  return (
    <Group gap="xs">
      <ActionButton why={whyNot(first)} onClick={() => void run(first)} variant="filled" size="sm" leftSection={first === stop ? <IconPower size={16} /> : <IconPlayerPlay size={16} />}>
        {first.label}
      </ActionButton>
      <ActionButton why={movable} onClick={() => openForm(`Migrate ${vm.name}`, close => <MigrateForm vm={vm} close={close} />, 'lg')} size="sm" leftSection={<IconArrowsExchange size={16} />}>
        Migrate
      </ActionButton>
      <Menu position="bottom-end" width={220}>
        <Menu.Target>
          <Button variant="default" size="sm" px="xs" aria-label={`More actions for ${vm.name}`}>
            <IconDotsVertical size={16} />
          </Button>
        </Menu.Target>
        <Menu.Dropdown>
          {vmActions.filter(a => a !== first && !a.warning).map(a => item(a.label, whyNot(a), () => void run(a)))}
          <Menu.Divider />
          {item('Rename', hindrance('Rename', atRest, 'definition-rename'), () => openForm(`Rename ${vm.name}`, close => <RenameForm vm={vm} close={close} />), <IconPencil size={15} />)}
          {item('Export', hindrance('Export', atRest, 'export'), () => openForm(`Export ${vm.name}`, close => <ExportForm vm={vm} close={close} />), <IconPackageExport size={15} />)}
          {item('Move storage', hindrance('Move storage', atRest, 'storage'), () => openForm(`Move the storage of ${vm.name}`, close => <MoveStorageForm vm={vm} close={close} />, 'lg'), <IconFolderShare size={15} />)}
          {item('Copy a file into it', hindrance('Copy a file', ['Running'], 'guest-files'), () => openForm(`Copy a file into ${vm.name}`, close => <CopyFileForm vm={vm} close={close} />), <IconFileImport size={15} />)}
          <Menu.Divider />
          {vmActions.filter(a => a.warning).map(a => item(a.label, whyNot(a), () => void run(a), undefined, true))}
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
