import { Alert, Badge, Code, Grid, Group, SimpleGrid, Skeleton, Stack, Tabs, Text, Title } from '@mantine/core';
import { IconAlertTriangle, IconTool } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import type { ReactNode } from 'react';
import { api, ApiProblem, data, type Schema } from '../../api/client';
import { Ago } from '../../shared/Ago';
import { Empty } from '../../shared/Empty';
import { ErrorDetails, Failure } from '../../shared/Failure';
import { duration, instant, mebibytes, words } from '../../shared/format';
import { PageLink } from '../../shared/links';
import { memoryUsedMiB } from '../../shared/loads';
import { Meter } from '../../shared/Meter';
import { Page } from '../../shared/Page';
import { Panel } from '../../shared/Panel';
import { StateBadge } from '../../shared/StateBadge';
import { EvacuationPanel } from './EvacuationPanel';
import { HostActions } from './HostActions';
import { HostFigures } from './HostFigures';
import { HostHistory } from './HostHistory';
import { HostSwitches } from './HostSwitches';
import { HostVms } from './HostVms';

/** When the host was heard last and its figures come without events, so they are read anew this often. */
const refreshMs = 5_000;
const tabs = ['vms', 'figures', 'switches', 'history'] as const;

/** One host: what it is, how full, what runs on it, what happened to it, and taking it out of service. */
export function HostPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const { tab = 'vms' } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const host = useQuery({ queryKey: ['host', id], queryFn: () => data(api.GET('/v1/hosts/{id}', { params: { path: { id } } })), refetchInterval: refreshMs });
  if (host.error instanceof ApiProblem && host.error.status === 404) {
    return (
      <Page title="Host">
        <Empty title="There is no such host.">
          It may belong to a group that you may not see. <PageLink to={'/hosts' as string}>All hosts</PageLink>
        </Empty>
      </Page>
    );
  }

  if (!host.data) {
    return <Page title="Host">{host.error ? <Failure error={host.error} what="The host cannot be read" retry={() => void host.refetch()} /> : <Skeleton h={320} />}</Page>;
  }

  const h = host.data;
  return (
    <Page
      title={h.name}
      heading={
        <Group gap="sm">
          <Title order={1} size="h2">
            {h.name}
          </Title>
          <StateBadge state={h.status} />
          {h.maintenance && <StateBadge state="Maintenance" />}
          {h.simulated && (
            <Badge variant="default">
              simulated
            </Badge>
          )}
        </Group>
      }
      actions={<HostActions host={h} />}
    >
      {h.status !== 'Online' && (
        <Alert color="red" variant="light" icon={<IconAlertTriangle aria-hidden />} title={`${words(h.status)} since ${instant(h.statusSince)}`}>
          <Text size="sm">
            What is shown of its VMs is what was last known, <Ago at={h.lastSeenAt} />. They may well go on running.
          </Text>
          {h.error && <ErrorDetails error={h.error} />}
        </Alert>
      )}
      {h.maintenance && (
        <Alert color="orange" variant="light" icon={<IconTool aria-hidden />} title={`In maintenance since ${instant(h.maintenance.since)}`}>
          <Text size="sm">
            No VM is placed on it. Asked for by {h.maintenance.requestedBy}
            {h.maintenance.reason ? `: ${h.maintenance.reason}` : ''}.
          </Text>
        </Alert>
      )}
      <EvacuationPanel hostId={h.id} />
      <Grid gap="md">
        <Grid.Col span={{ base: 12, md: 5 }}>
          <Capacity host={h} />
        </Grid.Col>
        <Grid.Col span={{ base: 12, md: 7 }}>
          <Facts host={h} />
        </Grid.Col>
      </Grid>
      <Tabs value={tab} onChange={value => void navigate({ to: `/hosts/${id}` as string, search: { tab: value ?? undefined } as never, replace: true })} keepMounted={false}>
        <Tabs.List mb="md">
          {tabs.map(t => (
            <Tabs.Tab key={t} value={t}>
              {t === 'vms' ? `VMs (${h.vmCount})` : words(t).replace(/^./, c => c.toUpperCase())}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="vms">
          <HostVms host={h} />
        </Tabs.Panel>
        <Tabs.Panel value="figures">
          <HostFigures host={h} />
        </Tabs.Panel>
        <Tabs.Panel value="switches">
          <HostSwitches host={h} />
        </Tabs.Panel>
        <Tabs.Panel value="history">
          <HostHistory hostId={h.id} />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

function Capacity({ host }: { host: Schema<'HostView'> }) {
  return (
    <Panel title="Capacity">
      <Stack gap="sm">
        <div>
          <Text size="sm">Memory in use</Text>
          <Meter used={memoryUsedMiB(host)} total={host.memoryMiB} format={mebibytes} label="Memory in use" />
        </div>
        <div>
          <Text size="sm">Memory assigned to running VMs</Text>
          <Meter used={host.runningMemoryMiB} total={host.memoryMiB} format={mebibytes} label="Memory assigned to running VMs" />
        </div>
        <SimpleGrid cols={2} spacing="xs" verticalSpacing={4}>
          <Fact name="Set aside for migrations">{mebibytes(host.reservedMemoryMiB)}</Fact>
          <Fact name="Cores">{host.cpuCount}</Fact>
          <Fact name="VMs running">
            {host.runningVmCount} of {host.vmCount}
          </Fact>
          <Fact name="Migrations at a time">{host.maxConcurrentMigrations ?? 'no limit'}</Fact>
        </SimpleGrid>
      </Stack>
    </Panel>
  );
}

function Facts({ host }: { host: Schema<'HostView'> }) {
  return (
    <Panel title="Host">
      <SimpleGrid cols={{ base: 1, xs: 2 }} spacing="xs" verticalSpacing={6}>
        <Fact name="Hypervisor">{host.hypervisor || words(host.kind)}</Fact>
        <Fact name="Processor">{host.cpuModel || 'not known'}</Fact>
        <Fact name="Agent">
          {host.agentVersion}, started <Ago at={host.agentStartedAt} />
        </Fact>
        <Fact name="Last heard">
          <Ago at={host.lastSeenAt} /> (every {duration(host.heartbeatSeconds)})
        </Fact>
        <Fact name="Last report">
          {host.reportOutcome ?? 'none'}, <Ago at={host.reportReceivedAt} />
        </Fact>
        <Fact name="Joined">{instant(host.joinedAt)}</Fact>
        {host.migrationUri && (
          <Fact name="Migration address">
            <Code>{host.migrationUri}</Code>
          </Fact>
        )}
        <Fact name="Id">
          <Code>{host.id}</Code>
        </Fact>
      </SimpleGrid>
      <Text size="xs" c="dimmed" mt="sm" mb={4}>
        What its driver can do
      </Text>
      <Group gap={4}>
        {[...host.facets].sort().map(facet => (
          <Badge key={facet} variant="default" size="sm" tt="none" fw={400}>
            {facet}
          </Badge>
        ))}
      </Group>
    </Panel>
  );
}

function Fact({ name, children }: { name: string; children: ReactNode }) {
  return (
    <div>
      <Text size="xs" c="dimmed">
        {name}
      </Text>
      <Text size="sm" className="wrapped" component="div">
        {children}
      </Text>
    </div>
  );
}
