import { Button, Group, Paper, Select, Stack, Text } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useState } from 'react';
import { api, type Schema } from '../../../api/client';
import { ActionButton } from '../../../shared/ActionButton';
import { confirm } from '../../../shared/confirm';
import { useHosts } from '../../../shared/links';
import { type Command, sendAll } from '../../../shared/useCommand';
import { useDenied } from '../../../shared/useMay';
import { actionOf, commandOf, type VmAction } from '../actions/vmActions';
import type { VmRow } from './VmRows';

interface Props {
  rows: readonly VmRow[];
  selected: ReadonlySet<string>;
  total: number;
  onSelect: (selected: ReadonlySet<string>) => void;
  need: (index: number) => void;
}

/** What can be done to the selected VMs; each gets an operation of its own. */
export function BulkBar({ rows, selected, total, onSelect, need }: Props) {
  const denied = useDenied('Operator');
  const chosen = rows.filter(r => selected.has(r.id));
  const fitting = (action: VmAction) => chosen.filter(vm => action.allowed.includes(vm.state) && !vm.missingSince && !vm.migrationId);
  const run = async (verb: VmAction['verb'], asks: boolean) => {
    const action = actionOf(verb);
    const vms = fitting(action);
    const reason = asks
      ? await confirm({ title: `${action.label} ${vms.length} VMs?`, action: `${action.label} ${vms.length}`, children: <Names vms={vms} note={action.warning} />, destructive: action.warning !== undefined })
      : '';
    if (reason !== undefined) {
      await sendAll(action.label, vms.map(vm => commandOf(action, vm, reason)));
    }
  };
  const button = (verb: VmAction['verb'], asks: boolean) => {
    const action = actionOf(verb);
    const count = fitting(action).length;
    return (
      <ActionButton why={denied ?? (count === 0 ? `None of the selected VMs can be used for "${action.label}" in its state.` : undefined)} onClick={() => void run(verb, asks)} color={action.warning ? 'red' : undefined}>
        {action.label} {count > 0 && `(${count})`}
      </ActionButton>
    );
  };
  const movable = chosen.filter(vm => ['Running', 'Paused', 'Off'].includes(vm.state) && !vm.missingSince && !vm.migrationId);
  return (
    <Paper withBorder p="xs" role="region" aria-label="Selected VMs">
      <Group gap="xs">
        <Text size="sm" fw={600} className="tabular">
          {selected.size.toLocaleString()} selected
        </Text>
        {rows.length < total ? (
          <Button size="xs" variant="subtle" onClick={() => need(total - 1)}>
            Load all {total.toLocaleString()}
          </Button>
        ) : (
          chosen.length < rows.length && (
            <Button size="xs" variant="subtle" onClick={() => onSelect(new Set(rows.map(r => r.id)))}>
              Select all {rows.length.toLocaleString()}
            </Button>
          )
        )}
        {button('start', false)}
        {button('shutdown', true)}
        {button('pause', true)}
        {button('resume', false)}
        {button('save', true)}
        {button('force-off', true)}
        <ActionButton why={denied ?? (movable.length === 0 ? 'None of the selected VMs can be migrated in its state.' : undefined)} onClick={() => openMigrate(movable)}>
          Migrate {movable.length > 0 && `(${movable.length})`}
        </ActionButton>
        <Button size="xs" variant="subtle" color="gray" onClick={() => onSelect(new Set())}>
          Clear
        </Button>
      </Group>
    </Paper>
  );
}

function Names({ vms, note }: { vms: readonly VmRow[]; note?: string }) {
  return (
    <Stack gap="xs">
      {note && <Text size="sm">{note}</Text>}
      <Text size="sm" c="dimmed">
        {vms
          .slice(0, 12)
          .map(v => v.name)
          .join(', ')}
        {vms.length > 12 && ` and ${vms.length - 12} more`}
      </Text>
    </Stack>
  );
}

function openMigrate(vms: readonly VmRow[]) {
  const id = modals.open({ title: `Migrate ${vms.length} VMs`, children: <MigrateMany vms={vms} close={() => modals.close(id)} /> });
}

function MigrateMany({ vms, close }: { vms: readonly VmRow[]; close: () => void }) {
  const hosts = useHosts();
  const [to, setTo] = useState<string | null>(null);
  const going = vms.filter(vm => vm.hostId !== to);
  const start = () => {
    close();
    void sendAll<Schema<'OperationView'>>(
      'Migrate',
      going.map((vm): Command<Schema<'OperationView'>> => ({ title: `Migrate ${vm.name}`, send: header => api.POST('/v1/vms/{vmId}/migrations', { params: { path: { vmId: vm.id }, header }, body: { destinationHostId: to! } }) })),
    );
  };
  return (
    <Stack>
      <Names vms={vms} note="Each VM becomes a migration of its own. Those that exceed the limits of the hosts wait for their turn." />
      <Select label="Destination" placeholder="Choose a host" searchable data={hosts.data?.filter(h => h.status === 'Online').map(h => ({ value: h.id, label: h.name, disabled: Boolean(h.maintenance) })) ?? []} value={to} onChange={setTo} />
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          Back
        </Button>
        <Button disabled={!to || going.length === 0} onClick={start}>
          Migrate {to ? going.length : ''}
        </Button>
      </Group>
    </Stack>
  );
}
