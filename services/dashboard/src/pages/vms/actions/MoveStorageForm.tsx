import { Checkbox, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api } from '../../../api/client';
import { CommandForm } from '../../../shared/CommandForm';
import type { Vm } from '../vm/useVm';

/** Moves a VM's files to another place of its host: everything into a directory, single disks elsewhere, or both. */
export function MoveStorageForm({ vm, close }: { vm: Vm; close: () => void }) {
  const [directory, setDirectory] = useState('');
  const [places, setPlaces] = useState<Record<string, string>>({});
  const [retainSource, setRetainSource] = useState(false);
  const disks = vm.disks
    .filter(d => d.source)
    .map(d => ({ source: d.source!, destination: (places[d.source!] ?? '').trim() }))
    .filter(d => d.destination && d.destination !== d.source);
  return (
    <CommandForm
      label="Move"
      ready={Boolean(directory.trim()) || disks.length > 0}
      close={close}
      command={() => ({
        title: `Move the storage of ${vm.name}`,
        send: header => api.POST('/v1/vms/{id}/storage-moves', { params: { path: { id: vm.id }, header }, body: { directory: directory.trim() || undefined, disks, retainSource } }),
      })}
    >
      <Text size="sm">The VM stays on its host and may run on meanwhile. If it fails, its files are where they were.</Text>
      <TextInput
        label="Everything into this directory"
        description="Configuration, checkpoints and all disks that have no place of their own below. Empty: only the disks below are moved."
        placeholder={vm.hostKind === 'HyperV' ? `E:\\VMs\\${vm.name}` : `/srv/vms/${vm.name}`}
        value={directory}
        onChange={e => setDirectory(e.currentTarget.value)}
        maxLength={4096}
        data-autofocus
        autoComplete="off"
      />
      <Stack gap="xs">
        {vm.disks
          .filter(d => d.source)
          .map(d => (
            <TextInput
              key={d.source}
              label={`New file of disk ${d.target}`}
              description={`Now ${d.source}`}
              placeholder={directory.trim() ? 'Into the directory' : 'Stays'}
              value={places[d.source!] ?? ''}
              onChange={e => {
                const place = e.currentTarget.value;
                setPlaces(p => ({ ...p, [d.source!]: place }));
              }}
              maxLength={4096}
              autoComplete="off"
              styles={{ description: { overflowWrap: 'anywhere' } }}
            />
          ))}
      </Stack>
      <Checkbox label="Keep the old files" description="Otherwise they are removed when the new ones are in use." checked={retainSource} onChange={e => setRetainSource(e.currentTarget.checked)} />
    </CommandForm>
  );
}
