import { Alert, Button, Group, Radio, Stack, Textarea } from '@mantine/core';
import { type FormEvent, useState } from 'react';
import { api, type Schema } from '../../api/client';
import { ProblemText } from '../../shared/Failure';
import { useCommand } from '../../shared/useCommand';
import type { Migration } from './progress';

/** A person's word on where a VM is, when a host will never answer. */
export function ResolveMigrationForm({ migration: m, close }: { migration: Migration; close: () => void }) {
  const [resolution, setResolution] = useState<Schema<'MigrationResolution'> | ''>('');
  const [reason, setReason] = useState('');
  const command = useCommand();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void command
      .run({ title: `Say where ${m.vmName} is`, quiet: true, said: 'Given. It shows here whether it is taken.', send: header => api.POST('/v1/migrations/{id}/resolve', { params: { path: { id: m.id }, header }, body: { resolution: resolution as Schema<'MigrationResolution'>, reason: reason.trim() } }) })
      .then(answer => answer && close());
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Alert color="red" title="A wrong word can leave two copies running">
          Two copies of a VM write to the same disks and destroy them. Look on both hosts first. Your word is kept in the history with your name, and is rejected if a host contradicts it.
        </Alert>
        <Radio.Group label="You have looked, and the VM is" value={resolution} onChange={v => setResolution(v as typeof resolution)} required>
          <Stack gap="xs" mt="xs">
            <Radio value="OnSource" label={`on the source, ${m.sourceHostName ?? m.sourceHostId}`} />
            <Radio value="OnDestination" label={`on the destination, ${m.destinationHostName ?? m.destinationHostId}`} />
            <Radio value="OnNeither" label="on neither of them" />
          </Stack>
        </Radio.Group>
        <Textarea label="How do you know?" value={reason} onChange={e => setReason(e.currentTarget.value)} required maxLength={500} />
        {command.problem !== undefined && <ProblemText error={command.problem} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close} data-autofocus>
            Back
          </Button>
          <Button type="submit" color="red" disabled={!resolution || !reason.trim()} loading={command.busy}>
            Give this word
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
