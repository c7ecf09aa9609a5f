import { Button, Group, Menu } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconArrowsExchange, IconDotsVertical, IconPackageExport, IconPencil, IconPlayerPlay, IconPower } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { api, data } from '../../../api/client';
import { ActionButton } from '../../../shared/ActionButton';
import { confirm } from '../../../shared/confirm';
import { send } from '../../../shared/useCommand';
import { useDenied } from '../../../shared/useMay';
import type { Vm } from '../vm/useVm';
import { ExportForm } from './ExportForm';
import { MigrateForm } from './MigrateForm';
import { RenameForm } from './RenameForm';
import { commandOf, hindrance, type VmAction, vmActions } from './vmActions';

/** What can be done to a VM. What cannot be done now says why; what cannot be taken back asks first. */
export function VmActions({ vm, past }: { vm: Vm; past: boolean }) {
  const denied = useDenied('Operator');
  const host = useQuery({ queryKey: ['host', vm.hostId], queryFn: ({ signal }) => data(api.GET('/v1/hosts/{id}', { params: { path: { id: vm.hostId } }, signal })) });
  const facets = host.data?.facets;
  const over = past ? 'This is the past.' : denied;
  const whyNot = (action: VmAction) => over ?? hindrance(vm, action.label, action.allowed, action.facet, facets);
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
  const movable = over ?? hindrance(vm, 'Migrate', ['Running', 'Paused', 'Off']);
  const open = (title: string, form: (close: () => void) => React.ReactNode, size = 'md') => {
    const id = modals.open({ title, size, children: form(() => modals.close(id)) });
  };
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
      <ActionButton why={movable} onClick={() => open(`Migrate ${vm.name}`, close => <MigrateForm vm={vm} close={close} />, 'lg')} size="sm" leftSection={<IconArrowsExchange size={16} />}>
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
          {item('Rename', over ?? hindrance(vm, 'Rename', ['Off', 'Running', 'Paused', 'Saved'], 'definition-rename', facets), () => open(`Rename ${vm.name}`, close => <RenameForm vm={vm} close={close} />), <IconPencil size={15} />)}
          {item('Export', over ?? hindrance(vm, 'Export', ['Off', 'Running', 'Paused', 'Saved']), () => open(`Export ${vm.name}`, close => <ExportForm vm={vm} close={close} />), <IconPackageExport size={15} />)}
          <Menu.Divider />
          {vmActions.filter(a => a.warning).map(a => item(a.label, whyNot(a), () => void run(a), undefined, true))}
        </Menu.Dropdown>
      </Menu>
    </Group>
  );
}
