import { Anchor, Autocomplete, Checkbox, Collapse, Radio, Stack, Text, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useNavigate } from '@tanstack/react-router';
import { useState } from 'react';
import { api, data, type Schema } from '../../api/client';
import { CommandForm } from '../../shared/CommandForm';
import { bytes, instant } from '../../shared/format';
import { operationPath, useHostName } from '../../shared/links';
import { importRequest, type ImportDraft, networksOf } from './importRequest';
import { type Mapping, MappingRows } from './MappingRows';

/** Makes a VM out of an export on a host, and goes to the page that follows it. */
export function ImportForm({ host, from, close }: { host: Pick<Schema<'HostView'>, 'id' | 'name' | 'kind'>; from?: string; close: () => void }) {
  const navigate = useNavigate();
  const nameOf = useHostName();
  const exports = useQuery({
    queryKey: ['operations', 'exports'],
    queryFn: ({ signal }) => data(api.GET('/v1/operations', { params: { query: { kind: 'ExportVm', status: 'Succeeded', limit: 100 } as never }, signal })),
    select: page => page.items.filter(o => o.package?.result?.manifest?.hypervisor === host.kind),
  });
  const switches = useQuery({ queryKey: ['host', host.id, 'switches'], queryFn: () => data(api.GET('/v1/hosts/{id}/switches', { params: { path: { id: host.id } } })), retry: false, refetchInterval: false });
  const [draft, setDraft] = useState<ImportDraft>({ directory: from ?? '', newId: true, vmId: '', newName: '', copy: true, diskDirectory: '', start: false, diskPaths: [] });
  const [networks, setNetworks] = useState<readonly Mapping[]>();
  const [more, setMore] = useState(false);
  const set = (part: Partial<ImportDraft>) => setDraft(d => ({ ...d, ...part }));
  const found = exports.data?.find(o => o.package?.directory === draft.directory.trim());
  const manifest = found?.package?.result?.manifest;
  // What was typed counts only while its field is there.
  const vmId = manifest?.vmId ?? draft.vmId.trim();
  const rows = networks ?? networksOf(manifest);
  return (
    <CommandForm
      label="Import"
      ready={Boolean(draft.directory.trim()) && (draft.newId || Boolean(vmId))}
      close={close}
      command={() => ({ title: `Import ${draft.newName.trim() || manifest?.vmName || draft.directory.trim()}`, send: header => api.POST('/v1/hosts/{id}/import', { params: { path: { id: host.id }, header }, body: importRequest({ ...draft, vmId }, rows) }) })}
      done={operation => void navigate({ to: operationPath(operation.id, operation.kind) })}
    >
      <Autocomplete
        label="Directory of the export"
        description={`On ${host.name} or a share it reaches, below a directory that its agent allows. Exports made from here are offered.`}
        data={[...new Set(exports.data?.map(o => o.package!.directory))]}
        value={draft.directory}
        onChange={directory => {
          set({ directory });
          setNetworks(undefined);
        }}
        required
        maxLength={1024}
        data-autofocus
      />
      {manifest && (
        <Text size="sm" c="dimmed">
          {manifest.vmName}, exported from {nameOf(found!.hostId)} on {instant(manifest.exportedAt)}: {manifest.files.length} {manifest.files.length === 1 ? 'file' : 'files'}, {bytes(manifest.files.reduce((sum, f) => sum + (f.bytes ?? 0), 0))}.
          {found!.hostId !== host.id && ' The directory must be one that this host reaches too.'}
        </Text>
      )}
      <Radio.Group label="It becomes" value={draft.newId ? 'new' : 'same'} onChange={v => set({ newId: v === 'new' })}>
        <Stack gap="xs" mt={4}>
          <Radio value="new" label="a new VM" description="With an identity of its own, beside the one that was exported." />
          <Radio value="same" label="the VM that was exported" description="With its identity and history. It must not exist any more." />
        </Stack>
      </Radio.Group>
      {!draft.newId && !manifest && <TextInput label="Id of the VM that was exported" value={draft.vmId} onChange={e => set({ vmId: e.currentTarget.value })} required ff="monospace" autoComplete="off" />}
      <TextInput label="Name" description="Two VMs of a host cannot have the same." placeholder={manifest?.vmName ?? 'As it was exported'} value={draft.newName} onChange={e => set({ newName: e.currentTarget.value })} maxLength={255} autoComplete="off" />
      <Checkbox label="Start it afterwards" checked={draft.start} onChange={e => set({ start: e.currentTarget.checked })} />
      <Anchor component="button" type="button" size="sm" aria-expanded={more} onClick={() => setMore(!more)} ta="left">
        {more ? 'Fewer options' : 'Files and networks'}
      </Anchor>
      <Collapse expanded={more}>
        <Stack gap="sm">
          <Radio.Group label="Files" value={draft.copy ? 'copy' : 'place'} onChange={v => set({ copy: v === 'copy' })}>
            <Stack gap="xs" mt={4}>
              <Radio value="copy" label="are copied" description="The export stays as it is." />
              <Radio value="place" label="are used where they are" description="The export becomes the VM and cannot be imported again." />
            </Stack>
          </Radio.Group>
          {draft.copy && <TextInput label="Directory for the disks" placeholder="The host's own place" value={draft.diskDirectory} onChange={e => set({ diskDirectory: e.currentTarget.value })} maxLength={1024} autoComplete="off" />}
          <MappingRows title="Networks" one="network" value={rows} onChange={setNetworks} known={switches.data?.switches.map(s => s.name)} empty="Not connected" />
          <MappingRows title="Disks that are elsewhere" one="disk" value={draft.diskPaths} onChange={diskPaths => set({ diskPaths })} empty="Its file on this host" />
        </Stack>
      </Collapse>
    </CommandForm>
  );
}
