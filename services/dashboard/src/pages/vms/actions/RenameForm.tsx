import { Button, Group, Stack, TextInput } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { api } from '../../../api/client';
import { ProblemText } from '../../../shared/Failure';
import { useCommand } from '../../../shared/useCommand';

export function RenameForm({ vm, close }: { vm: { id: string; name: string }; close: () => void }) {
  const [name, setName] = useState(vm.name);
  const command = useCommand();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void command
      .run({ title: `Rename ${vm.name} to ${name}`, quiet: true, send: header => api.POST('/v1/vms/{id}/rename', { params: { path: { id: vm.id }, header }, body: { name: name.trim() } }) })
      .then(answer => answer && close());
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <TextInput label="New name" value={name} onChange={e => setName(e.currentTarget.value)} maxLength={255} required data-autofocus autoComplete="off" />
        {command.problem !== undefined && <ProblemText error={command.problem} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Back
          </Button>
          <Button type="submit" loading={command.busy} disabled={!name.trim() || name.trim() === vm.name}>
            Rename
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
