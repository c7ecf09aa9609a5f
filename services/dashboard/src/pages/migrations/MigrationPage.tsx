import { Alert, Badge, Box, Group, Skeleton, Stack, Text, Title } from '@mantine/core';
import { modals } from '@mantine/modals';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { ApiProblem, api, data, type Schema } from '../../api/client';
import { ActionButton } from '../../shared/ActionButton';
import { Empty } from '../../shared/Empty';
import { Facts, Section } from '../../shared/Fact';
import { ErrorDetails, Failure } from '../../shared/Failure';
import { ago, bytes, duration, instant, rate, words } from '../../shared/format';
import { HostLink, PageLink, VmLink } from '../../shared/links';
import { OperationSteps } from '../../shared/OperationSteps';
import { Page } from '../../shared/Page';
import { StateBadge } from '../../shared/StateBadge';
import { useNow } from '../../shared/useNow';
import { useDenied } from '../../shared/useMay';
import { CancelMigration } from './CancelMigration';
import { MigrationCharts } from './MigrationCharts';
import { MigrationProgress } from './MigrationProgress';
import { PhaseSteps } from './PhaseSteps';
import { isOpen, type Migration } from './progress';
import { ResolveMigrationForm } from './ResolveMigrationForm';

/** One migration: where it is, how it got there, what was expected, and what went wrong. */
export function MigrationPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const read = useQuery({ queryKey: ['migration', id], queryFn: ({ signal }) => data(api.GET('/v1/migrations/{id}', { params: { path: { id } }, signal })) });
  const now = useNow(2_000);
  const denied = useDenied('Operator');
  if (read.error && !read.data) {
    return (
      <Page title="Migration">
        {read.error instanceof ApiProblem && read.error.status === 404 ? (
          <Empty title="There is no such migration.">
            <PageLink to="/migrations">All migrations</PageLink>
          </Empty>
        ) : (
          <Failure error={read.error} what="The migration cannot be read" retry={() => void read.refetch()} />
        )}
      </Page>
    );
  }

  if (!read.data) {
    return (
      <Page title="Migration">
        <Skeleton h={120} />
        <Skeleton h={260} />
      </Page>
    );
  }

  const m = read.data;
  const open = isOpen(m.status);
  const resolve = () => {
    const dialog = modals.open({ title: `Where is ${m.vmName}?`, children: <ResolveMigrationForm migration={m} close={() => modals.close(dialog)} /> });
  };
  return (
    <Page
      title={`Migration of ${m.vmName}`}
      heading={<Heading migration={m} />}
      actions={
        <>
          {m.doubt && (
            <ActionButton why={denied} color="red" variant="filled" onClick={resolve}>
              Say where it is
            </ActionButton>
          )}
          {open && <CancelMigration migration={m} />}
        </>
      }
    >
      <Section data-phase={m.phase}>
        <Stack>
          <PhaseSteps migration={m} now={now} />
          <MigrationProgress migration={m} />
        </Stack>
      </Section>
      {m.doubt && (
        <Alert color="orange" title={`In doubt since ${instant(m.doubt.since)}`}>
          <Text size="sm">{m.doubt.unknown}</Text>
          <Text size="sm">
            {m.doubt.unansweredHosts.length > 0 && `No answer from ${m.doubt.unansweredHosts.map(h => `${h.name ?? h.id} (last seen ${ago(h.lastSeenAt, now)})`).join(', ')}. `}
            It resolves by itself when the hosts answer; until then the VM takes no other operation. If a host will never answer, look on both and say where the VM is.
          </Text>
        </Alert>
      )}
      {m.resolution?.rejected && (
        <Alert color="orange" title="An operator's word was not taken">
          <ErrorDetails error={m.resolution.rejected} />
        </Alert>
      )}
      {m.error && (
        <Alert color={open ? 'orange' : 'red'} title={open ? 'What happened' : `Why it ${m.status === 'RolledBack' ? 'was undone' : m.status === 'Cancelled' ? 'was cancelled' : 'failed'}`}>
          <ErrorDetails error={m.error} />
        </Alert>
      )}
      {(m.leftOnSource?.length ?? 0) > 0 && (
        <Alert color="yellow" title="Left on the source">
          These files stay until a person removes them: {m.leftOnSource!.join(', ')}
        </Alert>
      )}
      <Box className="split">
        <Stack miw={0}>
          <MigrationCharts migration={m} />
          <Section title="Steps">
            <OperationSteps id={id} />
          </Section>
        </Stack>
        <Stack miw={0}>
          <Section title="Result">
            <Facts
              items={[
                ['State', words(m.status)],
                ['Began', `${instant(m.trail.requestedAt)} (${ago(m.trail.requestedAt, now)})`],
                ['Ended', m.finishedAt ? instant(m.finishedAt) : undefined],
                ['Took', m.totalMs != null ? duration(m.totalMs / 1000) : open ? `${duration((now - Date.parse(m.trail.requestedAt)) / 1000)} so far` : undefined],
                ['Guest paused for', m.downtimeMs != null ? duration(m.downtimeMs / 1000) : undefined],
                ['Moved', m.transferredBytes != null ? bytes(m.transferredBytes) : m.progress ? bytes(m.progress.transferredBytes) : undefined],
                ['Bandwidth granted', m.grantedBandwidthMiBps != null ? rate(m.grantedBandwidthMiBps * 1024 * 1024) : undefined],
                ['Asked by', `${m.trail.requestedBy}${m.trail.reason ? `: ${m.trail.reason}` : ''}`],
                ['Cancelling asked', m.cancelRequestedAt ? instant(m.cancelRequestedAt) : undefined],
                ["An operator's word", m.resolution ? `${resolutionWords[m.resolution.resolution] ?? words(m.resolution.resolution)}, by ${m.resolution.trail.requestedBy}${m.resolution.trail.reason ? `: ${m.resolution.trail.reason}` : ''}` : undefined],
              ]}
            />
          </Section>
          {m.forecast && (
            <Section title="Forecast and what came">
              <Text size="sm" mb="xs">
                {m.forecast.verdict}
              </Text>
              <Facts
                items={[
                  ['Comes to an end', m.forecast.converges == null ? undefined : m.forecast.converges ? 'yes' : 'no'],
                  ['Duration', m.forecast.totalP10Ms != null ? `${duration(m.forecast.totalP10Ms / 1000)} to ${m.forecast.totalP90Ms == null ? 'any' : duration(m.forecast.totalP90Ms / 1000)}${m.totalMs != null ? `; came: ${duration(m.totalMs / 1000)}` : ''}` : undefined],
                  ['Pause', m.forecast.downtimeMs != null ? `${duration(m.forecast.downtimeMs / 1000)}${m.downtimeMs != null ? `; came: ${duration(m.downtimeMs / 1000)}` : ''}` : undefined],
                  ['Guest writes', m.forecast.dirtyRateMiBps != null ? rate(m.forecast.dirtyRateMiBps * 1024 * 1024) : undefined],
                  ['Bandwidth', m.forecast.bandwidthMiBps != null ? rate(m.forecast.bandwidthMiBps * 1024 * 1024) : undefined],
                ]}
              />
            </Section>
          )}
          <Section title="How">
            <Facts items={Object.entries(m.policy).map(([name, value]) => [policyWords[name] ?? words(name.charAt(0).toUpperCase() + name.slice(1)), valueWords(name, value)] as const)} />
          </Section>
        </Stack>
      </Box>
    </Page>
  );
}

const resolutionWords: Record<string, string> = { OnSource: 'it is on the source', OnDestination: 'it is on the destination', OnNeither: 'it is on neither' };

const policyWords: Record<string, string> = {
  bandwidthMiBps: 'Bandwidth', maxDowntimeMs: 'Pause at most', autoConverge: 'Slow the guest down', timeoutSeconds: 'Give up after', mode: 'Way', storage: 'Disks', ladder: 'If it does not end', forecast: 'Forecast first',
  requireConvergence: 'Only if it ends', hyperV: 'Hyper-V',
};

const choiceWords: Record<string, string> = {
  Auto: 'live if it runs', Live: 'only live', Cold: 'only switched off', Shared: 'on shared storage', CopyFull: 'copied', CopyIncremental: 'what differs is copied', RaiseDowntime: 'a longer pause', PostCopy: 'post-copy', Suspend: 'pause the guest',
  Abort: 'give up',
};

function valueWords(name: string, value: unknown): string | undefined {
  if (value === null || value === undefined || (Array.isArray(value) && value.length === 0)) {
    return undefined;
  }

  switch (name) {
    case 'bandwidthMiBps':
      return rate(Number(value) * 1024 * 1024);
    case 'maxDowntimeMs':
      return duration(Number(value) / 1000);
    case 'timeoutSeconds':
      return duration(Number(value));
    case 'ladder':
      return (value as Schema<'ConvergenceStep'>[]).map(s => `after ${duration(s.afterSeconds)} ${choiceWords[s.action] ?? words(s.action)}${s.maxDowntimeMs ? ` (${duration(s.maxDowntimeMs / 1000)})` : ''}`).join('; ');
    default:
      return typeof value === 'boolean' ? (value ? 'yes' : 'no') : typeof value === 'object' ? JSON.stringify(value) : (choiceWords[String(value)] ?? words(String(value)));
  }
}

function Heading({ migration: m }: { migration: Migration }) {
  return (
    <Stack gap={2} miw={0}>
      <Group gap="sm">
        <Title order={1} size="h2" className="prose">
          Migration of <VmLink id={m.vmId} name={m.vmName} />
        </Title>
        <StateBadge state={m.status} />
        {m.progress?.postCopy && (
          <Badge color="orange" variant="light">
            Post-copy
          </Badge>
        )}
      </Group>
      <Text size="sm" c="dimmed" component="div" className="prose">
        <HostLink id={m.sourceHostId} name={m.sourceHostName} /> → <HostLink id={m.destinationHostId} name={m.destinationHostName} />
      </Text>
    </Stack>
  );
}
