import { Button, Checkbox, Group, Select, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { api, type Schema } from '../../../api/client';
import { ProblemText } from '../../../shared/Failure';
import { useCommand } from '../../../shared/useCommand';

/** Exports a VM into a directory of its host. */
export function ExportForm({ vm, close }: { vm: { id: string; name: string }; close: () => void }) {
  const [directory, setDirectory] = useState('');
  const [mode, setMode] = useState<Schema<'ExportMode'>>('Full');
  const [runtimeState, setRuntimeState] = useState(false);
  const [snapshots, setSnapshots] = useState<Schema<'ExportSnapshots'>>('All');
  const command = useCommand();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void command
      .run({ title: `Export ${vm.name}`, quiet: true, send: header => api.POST('/v1/vms/{id}/export', { params: { path: { id: vm.id }, header }, body: { directory: directory.trim(), mode, runtimeState, snapshots } }) })
      .then(answer => answer && close());
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label="Directory on the host" description="It must lie below one of the directories that the host's agent allows for exports." value={directory} onChange={e => setDirectory(e.currentTarget.value)} required data-autofocus autoComplete="off" />
        <Select
          label="What"
          allowDeselect={false}
          value={mode}
          onChange={v => setMode(v as typeof mode)}
          data={[
            { value: 'Full', label: 'Definition and disks' },
            { value: 'ConfigurationOnly', label: 'Only the definition' },
          ]}
        />
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
        <Checkbox label="With the memory of a running VM" checked={runtimeState} onChange={e => setRuntimeState(e.currentTarget.checked)} />
        {command.problem !== undefined && <ProblemText error={command.problem} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Back
          </Button>
          <Button type="submit" loading={command.busy} disabled={!directory.trim()}>
            Export
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
