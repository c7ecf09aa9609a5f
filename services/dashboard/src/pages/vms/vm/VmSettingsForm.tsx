import { Button, Group, NumberInput, SimpleGrid, Skeleton, Stack, Switch, Text, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { api, type Schema } from '../../../api/client';
import { Facts, Section } from '../../../shared/Fact';
import { Failure, ProblemText } from '../../../shared/Failure';
import { useCommand } from '../../../shared/useCommand';
import { useDenied } from '../../../shared/useMay';
import { atRest, hindrance } from '../actions/vmActions';
import type { Vm } from './useVm';
import { useVmSettings } from './useVmSettings';

type State = Schema<'VmSettingsState'>;

/** The common settings, read from the host and changed there; only what differs is sent. */
export function VmSettingsForm({ vm }: { vm: Vm }) {
  const read = useVmSettings(vm.id);
  // They are read again after every event: what is being typed outlives a host that does not answer just then, and changes of what the form does not change.
  return (
    <Stack>
      {read.error && <Failure error={read.error} what="The settings cannot be read" retry={() => void read.refetch()} />}
      {read.data ? <Form key={JSON.stringify(draftOf(read.data))} vm={vm} now={read.data} /> : !read.error && <Skeleton h={260} />}
    </Stack>
  );
}

interface Draft {
  notes: string;
  count?: number;
  startupMiB?: number;
  dynamic?: boolean;
  minimumMiB?: number;
  maximumMiB?: number;
  secureBoot?: boolean;
  heartbeat?: boolean;
  guestServices?: boolean;
}

const draftOf = (s: State): Draft => ({
  notes: s.notes ?? '',
  count: s.processor.count ?? undefined,
  startupMiB: s.memory.startupMiB ?? undefined,
  dynamic: s.memory.dynamic ?? undefined,
  minimumMiB: s.memory.minimumMiB ?? undefined,
  maximumMiB: s.memory.maximumMiB ?? undefined,
  secureBoot: s.secureBoot ?? undefined,
  heartbeat: s.integration?.heartbeat ?? undefined,
  guestServices: s.integration?.guestServices ?? undefined,
});

/** What is to be changed: the groups whose members differ, with only those members. */
export function changesOf(before: Draft, after: Draft): Schema<'VmSettings'> {
  const differing = (names: readonly (keyof Draft)[]) => Object.fromEntries(names.filter(n => after[n] !== before[n] && after[n] !== undefined).map(n => [n, after[n]]));
  const group = (name: string, names: readonly (keyof Draft)[]) => (Object.keys(differing(names)).length > 0 ? { [name]: differing(names) } : {});
  return {
    ...differing(['notes']),
    ...group('processor', ['count']),
    ...group('memory', ['startupMiB', 'dynamic', 'minimumMiB', 'maximumMiB']),
    ...group('firmware', ['secureBoot']),
    ...group('integration', ['heartbeat', 'guestServices']),
  };
}

function Form({ vm, now }: { vm: Vm; now: State }) {
  const before = draftOf(now);
  const [draft, setDraft] = useState(before);
  const command = useCommand();
  const denied = useDenied('Operator') ?? hindrance(vm, 'Change settings', atRest);
  const changes = changesOf(before, draft);
  const set = <K extends keyof Draft>(name: K) => (value: Draft[K]) => setDraft(d => ({ ...d, [name]: value }));
  const number = (name: 'count' | 'startupMiB' | 'minimumMiB' | 'maximumMiB', label: string, suffix?: string) =>
    before[name] !== undefined && <NumberInput label={label} suffix={suffix} min={1} allowDecimal={false} thousandSeparator=" " value={draft[name]} onChange={v => set(name)(typeof v === 'number' ? v : undefined)} disabled={Boolean(denied)} />;
  const toggle = (name: 'dynamic' | 'secureBoot' | 'heartbeat' | 'guestServices', label: string) =>
    before[name] !== undefined && <Switch label={label} checked={draft[name] ?? false} onChange={e => set(name)(e.currentTarget.checked)} disabled={Boolean(denied)} />;
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void command.run({ title: `Change settings of ${vm.name}`, quiet: true, send: header => api.POST('/v1/vms/{id}/settings', { params: { path: { id: vm.id }, header }, body: changes }) });
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Section title="Processors and memory">
            <Stack gap="sm">
              {number('count', 'Virtual processors')}
              {number('startupMiB', draft.dynamic ? 'Memory at the start' : 'Memory', ' MiB')}
              {toggle('dynamic', 'Dynamic memory')}
              {draft.dynamic && number('minimumMiB', 'At least', ' MiB')}
              {draft.dynamic && number('maximumMiB', 'At most', ' MiB')}
            </Stack>
          </Section>
          <Section title="General">
            <Stack gap="sm">
              <Textarea label="Notes" autosize minRows={2} maxRows={8} value={draft.notes} onChange={e => set('notes')(e.currentTarget.value)} disabled={Boolean(denied)} />
              {toggle('secureBoot', 'Secure Boot')}
              {toggle('heartbeat', 'Heartbeat of the guest')}
              {toggle('guestServices', 'Copying files into the guest')}
              <Facts items={[['Generation', now.generation], ['Version', now.version], ['Boot order', now.bootOrder?.map(b => b.description).join(', ')], ['Console', now.consoleMode]]} />
            </Stack>
          </Section>
        </SimpleGrid>
        {command.problem !== undefined && <ProblemText error={command.problem} />}
        <Group>
          <Button type="submit" disabled={Boolean(denied) || Object.keys(changes).length === 0} loading={command.busy}>
            Change
          </Button>
          <Button variant="default" disabled={Object.keys(changes).length === 0} onClick={() => setDraft(before)}>
            Reset
          </Button>
          <Text size="sm" c="dimmed">
            {denied ?? (Object.keys(changes).length === 0 ? 'Nothing is changed yet. Some settings can be changed only while the VM is off; the host says so.' : `To be changed: ${Object.keys(changes).join(', ')}`)}
          </Text>
        </Group>
      </Stack>
    </form>
  );
}
