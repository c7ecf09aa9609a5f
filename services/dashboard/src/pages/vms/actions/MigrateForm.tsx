import { ActionIcon, Anchor, Button, Checkbox, Collapse, Group, NumberInput, Select, SimpleGrid, Stack, Text } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { api, type Schema } from '../../../api/client';
import { ProblemText } from '../../../shared/Failure';
import { mebibytes } from '../../../shared/format';
import { operationPath, useHosts } from '../../../shared/links';
import { useCommand } from '../../../shared/useCommand';
import type { Vm } from '../vm/useVm';

type Policy = Schema<'MigrationPolicy'>;
type Step = Schema<'ConvergenceStep'>;

const actions = [
  { value: 'RaiseDowntime', label: 'Allow a longer pause' },
  { value: 'PostCopy', label: 'Switch over, fetch the rest after (post-copy)' },
  { value: 'Suspend', label: 'Pause the guest until it is over' },
  { value: 'Abort', label: 'Give up' },
];

/** Where a VM could go, the best first, with why it cannot where it cannot. */
export function destinationsFor(vm: Pick<Vm, 'hostId' | 'hostKind' | 'memoryMiB' | 'state'>, hosts: readonly Schema<'HostView'>[]) {
  return hosts
    .filter(h => h.id !== vm.hostId)
    .map(host => {
      const free = host.memoryFreeMiB ?? host.memoryMiB - (host.reservedMemoryMiB ?? 0) - host.runningMemoryMiB;
      const why =
        host.status !== 'Online' ? 'not online' : host.maintenance ? 'in maintenance' : vm.hostKind && host.kind !== vm.hostKind ? `another hypervisor (${host.kind})` : vm.state !== 'Off' && free < vm.memoryMiB ? 'too little memory' : undefined;
      return { host, free, why };
    })
    .sort((a, b) => Number(Boolean(a.why)) - Number(Boolean(b.why)) || b.free - a.free);
}

/** Moves a VM to another host: where to, and how. */
export function MigrateForm({ vm, close }: { vm: Vm; close: () => void }) {
  const hosts = useHosts();
  const navigate = useNavigate();
  const command = useCommand();
  const destinations = destinationsFor(vm, hosts.data ?? []);
  const [chosen, setTo] = useState<string | null>(null);
  const to = chosen ?? destinations.find(d => !d.why)?.host.id ?? null;
  const [policy, setPolicy] = useState<Policy>({});
  const [more, setMore] = useState(false);
  const set = (part: Partial<Policy>) => setPolicy(p => ({ ...p, ...part }));
  const ladder = policy.ladder ?? [];
  const setStep = (i: number, part: Partial<Step>) => set({ ladder: ladder.map((s, n) => (n === i ? { ...s, ...part } : s)) });
  const cleaned = (): Policy => Object.fromEntries(Object.entries(policy).filter(([, v]) => v !== undefined && !(Array.isArray(v) && v.length === 0)));
  const number = (v: string | number) => (typeof v === 'number' ? v : undefined);
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void command
      .run({ title: `Migrate ${vm.name}`, quiet: true, send: header => api.POST('/v1/vms/{vmId}/migrations', { params: { path: { vmId: vm.id }, header }, body: { destinationHostId: to!, policy: cleaned() } }) })
      .then(operation => {
        if (operation) {
          close();
          void navigate({ to: operationPath(operation.id, 'MigrateVm') });
        }
      });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Select
          label="Destination"
          placeholder={hosts.isPending ? 'Reading the hosts' : 'There is no host to go to'}
          searchable
          allowDeselect={false}
          value={to}
          onChange={setTo}
          data={destinations.map(({ host, free, why }) => ({ value: host.id, label: `${host.name}: ${why ?? `${mebibytes(free)} free`}`, disabled: Boolean(why) }))}
          description={`${vm.name} has ${mebibytes(vm.memoryMiB)} of memory.`}
        />
        <Checkbox label="Forecast first" description="The dirty rate is measured before the transfer; the migration's page shows what is expected and what came." checked={policy.forecast ?? false} onChange={e => set({ forecast: e.currentTarget.checked || undefined, requireConvergence: undefined })} />
        {policy.forecast && <Checkbox ml="lg" label="Do not begin if it would not come to an end" checked={policy.requireConvergence ?? false} onChange={e => set({ requireConvergence: e.currentTarget.checked || undefined })} />}
        <Anchor component="button" type="button" size="sm" aria-expanded={more} onClick={() => setMore(!more)} ta="left">
          {more ? 'Fewer options' : 'More options'}
        </Anchor>
        <Collapse expanded={more}>
          <Stack gap="sm">
            <SimpleGrid cols={{ base: 1, sm: 2 }}>
              <Select label="Way" data={[{ value: 'Auto', label: 'Live if it runs' }, { value: 'Live', label: 'Only live' }, { value: 'Cold', label: 'Only switched off' }]} value={policy.mode ?? 'Auto'} onChange={v => set({ mode: v === 'Auto' ? undefined : (v as Policy['mode']) })} allowDeselect={false} />
              <Select label="Disks" data={[{ value: 'Shared', label: 'On shared storage' }, { value: 'CopyFull', label: 'Copy all' }, { value: 'CopyIncremental', label: 'Copy what differs' }]} value={policy.storage ?? 'Shared'} onChange={v => set({ storage: v === 'Shared' ? undefined : (v as Policy['storage']) })} allowDeselect={false} />
              <NumberInput label="Bandwidth at most (MiB/s)" suffix=" MiB/s" min={1} placeholder="No limit" value={policy.bandwidthMiBps ?? ''} onChange={v => set({ bandwidthMiBps: number(v) })} />
              <NumberInput label="Pause at most (ms)" suffix=" ms" min={1} placeholder="The host's default" value={policy.maxDowntimeMs ?? ''} onChange={v => set({ maxDowntimeMs: number(v) })} />
              <NumberInput label="Give up after (s)" suffix=" s" min={1} placeholder="3600 s (1 hour)" value={policy.timeoutSeconds ?? ''} onChange={v => set({ timeoutSeconds: number(v) })} />
              <Checkbox label="Slow the guest down if it writes too fast" checked={policy.autoConverge ?? false} onChange={e => set({ autoConverge: e.currentTarget.checked || undefined })} mt={28} />
            </SimpleGrid>
            <Text size="sm" fw={500}>
              If it does not come to an end
            </Text>
            {ladder.map((step, i) => (
              <Group key={i} gap="xs" align="flex-end" wrap="nowrap">
                <NumberInput w={110} label="After" suffix=" s" min={1} value={step.afterSeconds} onChange={v => setStep(i, { afterSeconds: number(v) ?? 1 })} />
                <Select flex={1} label="Then" data={actions} value={step.action} onChange={v => setStep(i, { action: v as Step['action'], maxDowntimeMs: v === 'RaiseDowntime' ? 1000 : undefined })} allowDeselect={false} />
                {step.action === 'RaiseDowntime' && <NumberInput w={110} label="Pause" suffix=" ms" min={1} value={step.maxDowntimeMs ?? 1000} onChange={v => setStep(i, { maxDowntimeMs: number(v) ?? 1000 })} />}
                <ActionIcon variant="subtle" color="gray" size={36} aria-label="Remove this step" onClick={() => set({ ladder: ladder.filter((_, n) => n !== i) })}>
                  <IconTrash size={16} />
                </ActionIcon>
              </Group>
            ))}
            <Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => set({ ladder: [...ladder, { afterSeconds: (ladder.at(-1)?.afterSeconds ?? 0) + 30, action: 'RaiseDowntime', maxDowntimeMs: 1000 }] })}>
              Add a step
            </Button>
            {vm.hostKind === 'HyperV' && <HyperVOptions value={policy.hyperV ?? undefined} onChange={hyperV => set({ hyperV })} />}
          </Stack>
        </Collapse>
        {command.problem !== undefined && <ProblemText error={command.problem} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Back
          </Button>
          <Button type="submit" loading={command.busy} disabled={!to}>
            Migrate
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

type HyperV = Schema<'HyperVMigrationOptions'>;

function HyperVOptions({ value, onChange }: { value: HyperV | undefined; onChange: (value: HyperV | undefined) => void }) {
  const set = (part: Partial<HyperV>) => {
    const next = Object.fromEntries(Object.entries({ ...value, ...part }).filter(([, v]) => v !== undefined && v !== false && v !== ''));
    onChange(Object.keys(next).length > 0 ? (next as HyperV) : undefined);
  };
  const flag = (name: 'cancelOnBlackout' | 'staged' | 'deepStorageCheck' | 'overwriteDisks' | 'retainDisksOnSource' | 'toSuspended', label: string) => <Checkbox label={label} checked={value?.[name] ?? false} onChange={e => set({ [name]: e.currentTarget.checked })} />;
  return (
    <Stack gap="xs">
      <Text size="sm" fw={500}>
        Hyper-V
      </Text>
      <SimpleGrid cols={{ base: 1, sm: 2 }}>
        <Select label="Transport" clearable placeholder="The host's default" data={['Tcp', 'Smb']} value={value?.transport ?? null} onChange={v => set({ transport: (v ?? undefined) as HyperV['transport'] })} />
        <Select label="Processor capping" clearable placeholder="None" data={['Normal', 'Low', 'High']} value={value?.cpuCapping ?? null} onChange={v => set({ cpuCapping: (v ?? undefined) as HyperV['cpuCapping'] })} />
      </SimpleGrid>
      {flag('cancelOnBlackout', 'Undo it if the pause gets too long')}
      {flag('staged', 'Plan on the destination first')}
      {flag('deepStorageCheck', 'Check the storage thoroughly')}
      {flag('overwriteDisks', 'Overwrite disks of the same name')}
      {flag('retainDisksOnSource', 'Keep the disks on the source')}
      {flag('toSuspended', 'Let it arrive suspended')}
    </Stack>
  );
}
