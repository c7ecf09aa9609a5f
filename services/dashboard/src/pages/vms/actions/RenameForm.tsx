import { TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../../api/client';
import { CommandForm } from '../../../shared/CommandForm';

export function RenameForm({ vm, close }: { vm: { id: string; name: string }; close: () => void }) {
  const [name, setName] = useState(vm.name);
  return (
    <CommandForm
      label="Rename"
      ready={Boolean(name.trim()) && name.trim() !== vm.name}
      close={close}
      command={() => ({ title: `Rename ${vm.name} to ${name}`, send: header => api.POST('/v1/vms/{id}/rename', { params: { path: { id: vm.id }, header }, body: { name: name.trim() } }) })}
    >
      <TextInput label="New name" value={name} onChange={e => setName(e.currentTarget.value)} maxLength={255} required data-autofocus autoComplete="off" />
    </CommandForm>
  );
}
