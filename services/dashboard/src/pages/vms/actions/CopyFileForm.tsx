import { Alert, Checkbox, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../../api/client';
import { CommandForm } from '../../../shared/CommandForm';
import type { Vm } from '../vm/useVm';
import { useVmSettings } from '../vm/useVmSettings';

/** Copies a file of the host into the running guest. */
export function CopyFileForm({ vm, close }: { vm: Vm; close: () => void }) {
  const settings = useVmSettings(vm.id);
  const [sourcePath, setSource] = useState('');
  const [destinationPath, setDestination] = useState('');
  const [overwrite, setOverwrite] = useState(false);
  const [createDirectories, setCreate] = useState(false);
  const off = settings.data?.integration?.guestServices === false;
  return (
    <CommandForm
      label="Copy"
      ready={Boolean(sourcePath.trim() && destinationPath.trim()) && !off}
      close={close}
      command={() => ({
        title: `Copy a file into ${vm.name}`,
        send: header => api.POST('/v1/vms/{id}/files', { params: { path: { id: vm.id }, header }, body: { sourcePath: sourcePath.trim(), destinationPath: destinationPath.trim(), overwrite, createDirectories } }),
      })}
    >
      {off && (
        <Alert color="orange" p="sm" title="Copying files into this guest is switched off">
          Switch on “Copying files into the guest” on the tab Settings first.
        </Alert>
      )}
      <TextInput label="File on the host" description="Its whole path on the VM's host." value={sourcePath} onChange={e => setSource(e.currentTarget.value)} required maxLength={4096} data-autofocus autoComplete="off" />
      <TextInput label="Where in the guest" description="A whole path with the file's name." value={destinationPath} onChange={e => setDestination(e.currentTarget.value)} required maxLength={4096} autoComplete="off" />
      <Checkbox label="Replace a file that is there" checked={overwrite} onChange={e => setOverwrite(e.currentTarget.checked)} />
      <Checkbox label="Make directories that are missing" checked={createDirectories} onChange={e => setCreate(e.currentTarget.checked)} />
    </CommandForm>
  );
}
