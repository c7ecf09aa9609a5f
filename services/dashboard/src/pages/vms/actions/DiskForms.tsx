import { NumberInput, Radio, Select, Stack, Text, TextInput } from '@mantine/core';
import { useState } from 'react';
import { api, type Schema } from '../../../api/client';
import { CommandForm } from '../../../shared/CommandForm';
import { bytes } from '../../../shared/format';
import type { Vm } from '../vm/useVm';
import { deviceLimits } from './deviceLimits';

const gib = 1024 ** 3;
const mib = 1024 ** 2;

/** The command that changes a VM's settings. */
export const change = (vm: Pick<Vm, 'id'>, title: string, body: Schema<'VmSettings'>, reason?: string) => ({
  title,
  reason,
  send: (header: { 'Idempotency-Key': string }) => api.POST('/v1/vms/{id}/settings', { params: { path: { id: vm.id }, header }, body }),
});

/** Whole MiB: hosts take no odd number of bytes. */
const bytesOf = (size: number) => Math.round((size * gib) / mib) * mib;

/** Gives a VM a disk: a file that is there, or a new one. */
export function AttachDiskForm({ vm, close }: { vm: Vm; close: () => void }) {
  const [action, setAction] = useState<'Add' | 'Create'>('Add');
  const [path, setPath] = useState('');
  const [size, setSize] = useState<number>(20);
  const [controller, setController] = useState<string | null>(null);
  const file = path.trim();
  const taken = vm.disks.some(d => d.source === file);
  return (
    <CommandForm
      label="Attach"
      ready={Boolean(file) && !taken && (action === 'Add' || size > 0)}
      close={close}
      command={() => change(vm, `Attach a disk to ${vm.name}`, { disks: [{ action, path: file, ...(action === 'Create' && { capacityBytes: bytesOf(size) }), ...(controller && { controller }) }] })}
    >
      <Radio.Group label="What" value={action} onChange={v => setAction(v as typeof action)}>
        <Stack gap="xs" mt={4}>
          <Radio value="Add" label="A disk file that is on the host" />
          <Radio value="Create" label="A new, empty disk" />
        </Stack>
      </Radio.Group>
      <TextInput
        label="File on the host"
        description={action === 'Add' ? 'No other VM may use it.' : 'It is made; it must not be there yet.'}
        placeholder={vm.hostKind === 'HyperV' ? `D:\\VMs\\${vm.name}\\data.vhdx` : `/var/lib/libvirt/images/${vm.name}-data.qcow2`}
        error={taken && 'The VM has this disk already.'}
        value={path}
        onChange={e => setPath(e.currentTarget.value)}
        required
        maxLength={4096}
        data-autofocus
        autoComplete="off"
      />
      {action === 'Create' && <NumberInput label="Size" suffix=" GiB" min={0.1} max={65_536} decimalScale={2} value={size} onChange={v => setSize(typeof v === 'number' ? v : 0)} required />}
      {deviceLimits(vm.hostKind).controller && <Select label="Controller" placeholder="The one the VM boots from" clearable data={['SCSI', 'IDE']} value={controller} onChange={setController} />}
    </CommandForm>
  );
}

/** Makes a disk larger. */
export function ResizeDiskForm({ vm, disk, close }: { vm: Vm; disk: Vm['disks'][number]; close: () => void }) {
  const now = disk.capacityBytes ?? 0;
  const [size, setSize] = useState<number | undefined>(now ? Math.round((now / gib) * 100) / 100 : undefined);
  return (
    <CommandForm
      label="Resize"
      ready={size !== undefined && bytesOf(size) > now}
      close={close}
      command={() => change(vm, `Resize disk ${disk.target} of ${vm.name}`, { disks: [{ action: 'Change', path: disk.source!, capacityBytes: bytesOf(size!) }] })}
    >
      <Text size="sm" style={{ overflowWrap: 'anywhere' }}>
        {disk.source} has {bytes(disk.capacityBytes)}. It can only be made larger; the guest then has to enlarge its partition and file system itself.
      </Text>
      <NumberInput label="New size" suffix=" GiB" min={0.1} max={65_536} decimalScale={2} value={size ?? ''} onChange={v => setSize(typeof v === 'number' ? v : undefined)} required data-autofocus />
    </CommandForm>
  );
}
