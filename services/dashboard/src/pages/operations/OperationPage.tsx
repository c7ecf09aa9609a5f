import { Alert, Box, Button, Group, Radio, Skeleton, Stack, Table, Text, Textarea, Title } from '@mantine/core';
import { modals } from '@mantine/modals';
import { IconPackageImport } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { Navigate, useParams } from '@tanstack/react-router';
import { type FormEvent, useState } from 'react';
import { ApiProblem, api, data, type Schema } from '../../api/client';
import { ActionButton } from '../../shared/ActionButton';
import { confirm } from '../../shared/confirm';
import { Empty } from '../../shared/Empty';
import { Facts, Section } from '../../shared/Fact';
import { ErrorDetails, Failure, ProblemText } from '../../shared/Failure';
import { ago, bytes, duration, instant, words } from '../../shared/format';
import { HostLink, PageLink, useHosts, VmLink } from '../../shared/links';
import { openForm } from '../../shared/openForm';
import { OperationSteps } from '../../shared/OperationSteps';
import { Page } from '../../shared/Page';
import { StateBadge } from '../../shared/StateBadge';
import { send, useCommand } from '../../shared/useCommand';
import { useDenied } from '../../shared/useMay';
import { useNow } from '../../shared/useNow';
import { ImportForm } from '../hosts/ImportForm';
import { isOpen } from '../migrations/progress';
import { OperationProgress } from './OperationProgress';

type Operation = Schema<'OperationView'>;

/** One operation: what was asked, how far it is, every step, how it ended. A migration has its own page. */
export function OperationPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const read = useQuery({ queryKey: ['operation', id], queryFn: ({ signal }) => data(api.GET('/v1/operations/{id}', { params: { path: { id } }, signal })) });
  const now = useNow(2_000);
  if (read.error && !read.data) {
    return (
      <Page title="Operation">
        {read.error instanceof ApiProblem && read.error.status === 404 ? (
          <Empty title="There is no such operation.">
            <PageLink to="/operations">All operations</PageLink>
          </Empty>
        ) : (
          <Failure error={read.error} what="The operation cannot be read" retry={() => void read.refetch()} />
        )}
      </Page>
    );
  }

  if (!read.data) {
    return (
      <Page title="Operation">
        <Skeleton h={200} />
      </Page>
    );
  }

  const o = read.data;
  if (o.kind === 'MigrateVm') {
    return <Navigate to={`/migrations/${o.id}` as string} replace />;
  }

  const title = `${words(o.kind)}: ${o.vmName}`;
  return (
    <Page title={title} heading={<Heading operation={o} />} actions={o.package && <PackageActions operation={o} />}>
      {o.package && (
        <Section>
          <OperationProgress operation={o} />
        </Section>
      )}
      <Notices operation={o} />
      <Box className="split">
        <Section title="Steps">
          <OperationSteps id={id} />
        </Section>
        <Stack miw={0}>
          <Section title="What was asked">
            <Facts
              items={[
                ['VM', <VmLink key="v" id={o.vmId} name={o.vmName} />],
                ['Host', <HostLink key="h" id={o.hostId} />],
                ['Asked by', o.trail.requestedBy],
                ['Reason', o.trail.reason],
                ['At', `${instant(o.trail.requestedAt)} (${ago(o.trail.requestedAt, now)})`],
                ['Ended', o.finishedAt ? instant(o.finishedAt) : undefined],
                ['Took', o.finishedAt ? duration((Date.parse(o.finishedAt) - Date.parse(o.trail.requestedAt)) / 1000) : undefined],
                ['Cancelling asked', o.cancelRequestedAt ? instant(o.cancelRequestedAt) : undefined],
                ['Directory', o.package?.directory],
                ...(o.package?.export ? exportFacts(o.package.export) : []),
                ...(o.package?.import ? importFacts(o.package.import) : []),
                ["An operator's word", o.package?.asserted && `${o.package.asserted === 'Done' ? 'it was done' : 'it was not done'}, by ${o.package.assertedBy?.requestedBy ?? 'an operator'}${o.package.assertedBy?.reason ? `: ${o.package.assertedBy.reason}` : ''}`],
                ['Id', o.id],
              ]}
            />
          </Section>
          <Files operation={o} />
        </Stack>
      </Box>
    </Page>
  );
}

function Heading({ operation: o }: { operation: Operation }) {
  return (
    <Group gap="sm">
      <Title order={1} size="h2">
        {words(o.kind)}: {o.vmName}
      </Title>
      <StateBadge state={o.status} />
    </Group>
  );
}

const exportFacts = (settings: Schema<'ExportSettings'>) =>
  [
    ['What', settings.mode === 'ConfigurationOnly' ? 'only the definition' : `definition and disks${settings.runtimeState ? ', with memory' : ''}`],
    ['Checkpoints', settings.snapshots && words(settings.snapshots).toLowerCase()],
  ] as const;

const importFacts = (settings: Schema<'ImportSettings'>) =>
  [
    ['It becomes', settings.newId ? 'a new VM' : 'the VM that was exported'],
    ['Files', settings.copy ? `copied${settings.diskDirectory ? ` to ${settings.diskDirectory}` : ''}` : 'used where they are'],
    ['Networks', settings.networks?.map(n => `${n.from} → ${n.to || 'not connected'}`).join(', ')],
    ['Disks elsewhere', settings.diskPaths?.map(d => `${d.from} → ${d.to}`).join(', ')],
    ['Started afterwards', settings.start ? 'yes' : 'no'],
  ] as const;

/** What somebody should know who looks at how it stands. */
function Notices({ operation: o }: { operation: Operation }) {
  const rejected = o.package?.assertionRejected ?? o.resolution?.rejected;
  return (
    <>
      {o.package?.unknown && o.status === 'InDoubt' && (
        <Alert color="orange" title="In doubt">
          <Text size="sm">{o.package.unknown}</Text>
          <Text size="sm">It resolves by itself when the host answers; until then the VM takes no other operation. If the host will never answer, look there and say what happened.</Text>
        </Alert>
      )}
      {rejected && (
        <Alert color="orange" title="An operator's word was not taken">
          <ErrorDetails error={rejected} />
        </Alert>
      )}
      {o.error && (
        <Alert color="red" title="Why it was not done">
          <ErrorDetails error={o.error} />
        </Alert>
      )}
      {o.package?.result?.startError && (
        <Alert color="orange" title="It was imported, but did not start">
          <ErrorDetails error={o.package.result.startError} />
        </Alert>
      )}
      {o.package?.result?.clean === false && (
        <Alert color="yellow" title="Something may be left on the host">
          Look at {o.package.directory} on <HostLink id={o.hostId} /> and remove what is not needed.
        </Alert>
      )}
    </>
  );
}

function Files({ operation: o }: { operation: Operation }) {
  const files = o.package?.result?.manifest?.files ?? [];
  return files.length === 0 ? null : (
    <Section title="Files">
      <Table fz="xs">
        <Table.Tbody>
          {files.map(f => (
            <Table.Tr key={f.path}>
              <Table.Td style={{ overflowWrap: 'anywhere' }}>{f.path}</Table.Td>
              <Table.Td>{f.kind}</Table.Td>
              <Table.Td ta="right">{bytes(f.bytes)}</Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Section>
  );
}

function PackageActions({ operation: o }: { operation: Operation }) {
  const denied = useDenied('Operator');
  const host = useHosts().data?.find(h => h.id === o.hostId);
  const cancel = async () => {
    const reason = await confirm({ title: `Cancel: ${words(o.kind)} of ${o.vmName}?`, action: 'Cancel it', children: 'What was made so far is removed again.' });
    if (reason !== undefined) {
      await send({ title: `Cancel: ${words(o.kind)} of ${o.vmName}`, reason, send: header => api.POST('/v1/operations/{id}/cancel', { params: { path: { id: o.id }, header } }) });
    }
  };
  const resolve = () => {
    const dialog = modals.open({ title: `${words(o.kind)} of ${o.vmName}: what happened?`, children: <ResolveForm operation={o} close={() => modals.close(dialog)} /> });
  };
  return (
    <>
      {o.status === 'InDoubt' && (
        <ActionButton why={denied} color="red" variant="filled" onClick={resolve}>
          Say what happened
        </ActionButton>
      )}
      {isOpen(o.status) && (
        <ActionButton why={denied ?? (o.cancelRequestedAt ? 'Cancelling has been asked for already.' : undefined)} color="red" variant="light" onClick={() => void cancel()}>
          Cancel
        </ActionButton>
      )}
      {o.kind === 'ExportVm' && o.status === 'Succeeded' && host && (
        <ActionButton why={denied} leftSection={<IconPackageImport size={15} />} onClick={() => openForm(`Import a VM on ${host.name}`, close => <ImportForm host={host} from={o.package!.directory} close={close} />, 'lg')}>
          Import it
        </ActionButton>
      )}
    </>
  );
}

function ResolveForm({ operation: o, close }: { operation: Operation; close: () => void }) {
  const [resolution, setResolution] = useState<Schema<'PackageResolution'> | ''>('');
  const [reason, setReason] = useState('');
  const command = useCommand();
  const submit = (event: FormEvent) => {
    event.preventDefault();
    void command
      .run({ title: `Say what happened to ${o.vmName}`, quiet: true, said: 'Given. It shows here whether it is taken.', send: header => api.POST('/v1/operations/{id}/resolve', { params: { path: { id: o.id }, header }, body: { resolution: resolution as Schema<'PackageResolution'>, reason: reason.trim() } }) })
      .then(answer => answer && close());
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm">The host does not say how it ended. Look there first; your word is kept in the history, and is rejected if the host contradicts it.</Text>
        <Radio.Group label="You have looked, and it" value={resolution} onChange={v => setResolution(v as typeof resolution)} required>
          <Stack gap="xs" mt="xs">
            <Radio value="Done" label="was done" />
            <Radio value="NotDone" label="was not done" />
          </Stack>
        </Radio.Group>
        <Textarea label="How do you know?" value={reason} onChange={e => setReason(e.currentTarget.value)} required maxLength={500} />
        {command.problem !== undefined && <ProblemText error={command.problem} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
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
