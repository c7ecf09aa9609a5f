import { Button, MultiSelect, NumberInput, Select, Stack, TagsInput, TextInput } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, type ReactNode, useState } from 'react';
import { api, data, type Schema } from '../../api/client';
import { useHosts } from '../../shared/links';
import type { Role } from '../../shared/useMay';

interface FormProps<T> {
  submit: (body: T) => void;
  busy: boolean;
}

const roles = ['Viewer', 'Operator', 'Admin'] satisfies Role[];

function Form({ onSubmit, busy, action, children }: { onSubmit: () => void; busy: boolean; action: string; children: ReactNode }) {
  const submit = (event: FormEvent) => {
    event.preventDefault();
    onSubmit();
  };
  return (
    <form onSubmit={submit}>
      <Stack gap="sm">
        {children}
        <Button type="submit" loading={busy}>
          {action}
        </Button>
      </Stack>
    </form>
  );
}

/** The names of the resource groups, and `*` for everything. */
function useGroups() {
  const groups = useQuery({ queryKey: ['access', 'group-names'], queryFn: () => data(api.GET('/v1/resource-groups')) });
  return [{ value: '*', label: 'everything' }, ...(groups.data?.items ?? []).map(({ name = '' }) => ({ value: name, label: name }))];
}

export function ApiTokenForm({ submit, busy }: FormProps<Schema<'CreateApiTokenRequest'>>) {
  const [name, setName] = useState('');
  const [role, setRole] = useState<Role>('Viewer');
  const [groups, setGroups] = useState(['*']);
  const [days, setDays] = useState<number>(90);
  return (
    <Form busy={busy} action="Make the token" onSubmit={() => submit({ name, role, groups, expiresAt: new Date(Date.now() + days * 86_400_000).toISOString() })}>
      <TextInput label="Name" description="What it is for; it stands in the history of what is done with it." value={name} onChange={e => setName(e.currentTarget.value)} required data-autofocus autoComplete="off" />
      <Select label="Role" data={roles} value={role} onChange={v => setRole((v as Role | null) ?? 'Viewer')} allowDeselect={false} />
      <MultiSelect label="Over" data={useGroups()} value={groups} onChange={setGroups} />
      <NumberInput label="Valid for (days)" min={1} max={3650} value={days} onChange={v => setDays(typeof v === 'number' ? v : 90)} />
    </Form>
  );
}

export function GrantForm({ submit, busy }: FormProps<Schema<'CreateGrantRequest'>>) {
  const [kind, setKind] = useState<string>('user');
  const [subject, setSubject] = useState('');
  const [role, setRole] = useState<Role>('Viewer');
  const [group, setGroup] = useState<string>('*');
  return (
    <Form busy={busy} action="Grant" onSubmit={() => submit({ subject: `${kind}:${subject}`, role, group })}>
      <Select label="Who" data={[{ value: 'user', label: 'A person (subject of the sign-in)' }, { value: 'group', label: 'A group (claim of the sign-in)' }]} value={kind} onChange={v => setKind(v ?? 'user')} allowDeselect={false} />
      <TextInput label="Name" value={subject} onChange={e => setSubject(e.currentTarget.value)} required autoComplete="off" />
      <Select label="Role" data={roles} value={role} onChange={v => setRole((v as Role | null) ?? 'Viewer')} allowDeselect={false} />
      <Select label="Over" data={useGroups()} value={group} onChange={v => setGroup(v ?? '*')} allowDeselect={false} />
    </Form>
  );
}

export function GroupForm({ submit, busy }: FormProps<Schema<'ResourceGroupView'>>) {
  const hosts = useHosts();
  const [name, setName] = useState('');
  const [members, setMembers] = useState<string[]>([]);
  const [vms, setVms] = useState<string[]>([]);
  return (
    <Form busy={busy} action="Make the group" onSubmit={() => submit({ name, hosts: members, vms })}>
      <TextInput label="Name" value={name} onChange={e => setName(e.currentTarget.value)} required autoComplete="off" data-autofocus />
      <MultiSelect label="Hosts" description="With every VM that is on them." data={(hosts.data ?? []).map(h => ({ value: h.id, label: h.name }))} value={members} onChange={setMembers} searchable />
      <TagsInput label="Single VMs" description="Their ids; press Enter after each." value={vms} onChange={setVms} />
    </Form>
  );
}

export function JoinTokenForm({ submit, busy }: FormProps<Schema<'CreateJoinTokenBody'>>) {
  const [name, setName] = useState('');
  const [minutes, setMinutes] = useState<number>(30);
  return (
    <Form busy={busy} action="Make the token" onSubmit={() => submit({ ...(name && { name }), validForMinutes: minutes })}>
      <TextInput label="Name" description="Which host it is for; may be empty." value={name} onChange={e => setName(e.currentTarget.value)} autoComplete="off" data-autofocus />
      <NumberInput label="Valid for (minutes)" min={1} max={60} value={minutes} onChange={v => setMinutes(typeof v === 'number' ? v : 30)} />
    </Form>
  );
}

export function WebhookForm({ submit, busy }: FormProps<Schema<'CreateWebhookRequest'>>) {
  const [url, setUrl] = useState('');
  const [types, setTypes] = useState<string[]>([]);
  const [description, setDescription] = useState('');
  return (
    <Form busy={busy} action="Make the webhook" onSubmit={() => submit({ url, types, ...(description && { description }) })}>
      <TextInput label="Address" type="url" placeholder="https://" value={url} onChange={e => setUrl(e.currentTarget.value)} required autoComplete="off" data-autofocus />
      <TagsInput label="Types of events" description="As the event stream names them, for example vm_state_changed; none = all." value={types} onChange={setTypes} data={['vm_state_changed', 'vm_moved', 'operation_ended', 'operation_went_in_doubt', 'host_unreachable', 'host_reachable']} />
      <TextInput label="Description" value={description} onChange={e => setDescription(e.currentTarget.value)} autoComplete="off" />
    </Form>
  );
}
