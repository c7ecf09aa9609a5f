import { Radio, Select, Stack, TextInput } from '@mantine/core';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, type Schema } from '../../../api/client';
import { CommandForm } from '../../../shared/CommandForm';
import { operationPath } from '../../../shared/links';
import type { Vm } from '../vm/useVm';
import { fullExport } from './exportWays';

/** Exports a VM into a directory of its host, and goes to the page that follows it. */
export function ExportForm({ vm, close }: { vm: Vm; close: () => void }) {
  const navigate = useNavigate();
  const full = fullExport(vm);
  const [directory, setDirectory] = useState('');
  const [mode, setMode] = useState<Schema<'ExportMode'>>('why' in full ? 'ConfigurationOnly' : 'Full');
  const [snapshots, setSnapshots] = useState<Schema<'ExportSnapshots'>>('All');
  const runtimeState = mode === 'Full' && 'memory' in full && full.memory;
  return (
    <CommandForm
      label="Export"
      ready={Boolean(directory.trim())}
      close={close}
      command={() => ({ title: `Export ${vm.name}`, send: header => api.POST('/v1/vms/{id}/export', { params: { path: { id: vm.id }, header }, body: { directory: directory.trim(), mode, runtimeState, snapshots } }) })}
      done={operation => void navigate({ to: operationPath(operation.id, operation.kind) })}
    >
      <TextInput
        label="Directory on the host"
        description="A new one, below a directory that the host's agent allows for exports."
        placeholder={vm.hostKind === 'HyperV' ? `D:\\Exports\\${vm.name}` : `/exports/${vm.name}`}
        value={directory}
        onChange={e => setDirectory(e.currentTarget.value)}
        required
        data-autofocus
        autoComplete="off"
      />
      <Radio.Group label="What" value={mode} onChange={v => setMode(v as typeof mode)}>
        <Stack gap="xs" mt={4}>
          <Radio value="Full" label="Definition and disks" disabled={'why' in full} description={'why' in full ? `Not now: ${full.why}.` : full.memory ? 'With its memory: after an import it goes on from there.' : undefined} />
          <Radio value="ConfigurationOnly" label="Only the definition" />
        </Stack>
      </Radio.Group>
      <Select
        label="Checkpoints"
        allowDeselect={false}
        value={snapshots}
        onChange={v => setSnapshots(v as typeof snapshots)}
        data={[
          { value: 'All', label: 'All' },
          { value: 'None', label: 'None' },
        ]}
      />
    </CommandForm>
  );
}
