import { Alert, Badge, Card, Grid, Group, SimpleGrid, Skeleton, Stack, Text, Title } from '@mantine/core';
import { IconInfoCircle } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import type { ReactNode } from 'react';
import { api, data, type Schema } from '../../api/client';
import { Failure } from '../../shared/Failure';
import { mebibytes, words } from '../../shared/format';
import { PageLink, useHosts } from '../../shared/links';
import { Meter } from '../../shared/Meter';
import { Page } from '../../shared/Page';
import { FirstSteps } from '../welcome/FirstSteps';
import { HostLoads } from './HostLoads';
import { openAlerts } from '../alerts/openAlerts';
import { OpenAlerts, RecentFailures } from './Troubles';
import { RunningNow } from './RunningNow';

/** The fleet at a glance: how much there is, how full it is, what runs now and what went wrong. Every figure leads to what it counts. */
export function OverviewPage() {
  const fleet = useQuery({ queryKey: ['fleet'], queryFn: () => data(api.GET('/v1/fleet')) });
  const hosts = useHosts();
  if (hosts.data?.length === 0) {
    return (
      <Page title="Welcome">
        <FirstSteps fleet="empty" />
      </Page>
    );
  }

  const simulatedOnly = hosts.data !== undefined && hosts.data.every(h => h.simulated);
  return (
    <Page title="Overview">
      {fleet.error && <Failure error={fleet.error} what="The fleet's figures cannot be read" retry={() => void fleet.refetch()} />}
      {simulatedOnly && (
        <Alert variant="light" color="cyan" icon={<IconInfoCircle aria-hidden />} p="xs">
          <Text size="sm">
            This fleet is simulated: look around, move VMs, empty a host. Nothing here can break. <PageLink to={'/welcome' as string} underline="always">Add your first real host</PageLink>.
          </Text>
        </Alert>
      )}
      {fleet.data ? <Figures fleet={fleet.data} /> : !fleet.error && <Skeleton h={112} />}
      <Grid gap="md">
        <Grid.Col span={{ base: 12, lg: 7 }}>
          <HostLoads />
        </Grid.Col>
        <Grid.Col span={{ base: 12, lg: 5 }}>
          <Stack gap="md">
            <RunningNow />
            <OpenAlerts />
            <RecentFailures />
          </Stack>
        </Grid.Col>
      </Grid>
    </Page>
  );
}

function Figures({ fleet }: { fleet: Schema<'FleetView'> }) {
  const { hosts, vms, capacity, operations } = fleet;
  return (
    <SimpleGrid cols={{ base: 2, sm: 3, lg: 5 }} spacing="sm">
      <Figure label="Hosts online" value={`${hosts.online}`} of={`of ${hosts.total}`} to="/hosts">
        {hosts.unreachable > 0 && <Part to="/hosts" search={{ status: 'unreachable' }} color="red">{`${hosts.unreachable} unreachable`}</Part>}
        {hosts.maintenance > 0 && <Part to="/hosts" search={{ status: 'maintenance' }} color="orange">{`${hosts.maintenance} in maintenance`}</Part>}
        {hosts.unreachable + hosts.maintenance === 0 && <Quiet>all take VMs</Quiet>}
      </Figure>
      <Figure label="VMs" value={`${vms.total}`} to="/vms">
        {Object.entries(vms.byState)
          .filter(([, count]) => count > 0)
          .sort((a, b) => b[1] - a[1])
          .map(([state, count]) => (
            <Part key={state} to="/vms" search={{ state }} color={state === 'Running' ? 'green' : state === 'Crashed' ? 'red' : 'gray'}>
              {`${count} ${words(state).toLowerCase()}`}
            </Part>
          ))}
        {vms.missing > 0 && <Part to="/vms" search={{ missing: true }} color="red">{`${vms.missing} missing`}</Part>}
      </Figure>
      <Figure label="Memory given to VMs" value={mebibytes(capacity.memoryAssignedMiB)} to="/hosts">
        <Meter used={capacity.memoryAssignedMiB} total={capacity.memoryMiB} format={mebibytes} label="Memory given to running VMs" />
        <Quiet>{`${capacity.cores} cores`}</Quiet>
      </Figure>
      <Figure label="Operations running" value={`${operations.running}`} to="/operations" search={{ open: true }}>
        {operations.inDoubt > 0 && <Part to="/operations" search={{ status: 'InDoubt' }} color="orange">{`${operations.inDoubt} in doubt`}</Part>}
        {operations.failedLastHour > 0 && <Part to="/operations" search={{ status: 'Failed' }} color="red">{`${operations.failedLastHour} failed in the last hour`}</Part>}
        <Quiet>{`${operations.endedLastHour} ended in the last hour`}</Quiet>
      </Figure>
      <AlertFigure />
    </SimpleGrid>
  );
}

function AlertFigure() {
  const open = useQuery(openAlerts).data;
  const count = open?.items.length ?? 0;
  return (
    <Figure label="Open alerts" value={open ? `${count}${open.nextCursor ? ' or more' : ''}` : '–'} to="/alerts" trouble={count > 0}>
      {count > 0 ? <Quiet>{`${open!.items.filter(a => a.severity === 'Critical').length} critical`}</Quiet> : open && <Quiet>nothing to look at</Quiet>}
    </Figure>
  );
}

function Figure({ label, value, of, to, search, trouble, children }: { label: string; value: string; of?: string; to: string; search?: Record<string, unknown>; trouble?: boolean; children?: ReactNode }) {
  return (
    <Card withBorder padding="md" component="section" aria-label={label}>
      <Title order={2} size="xs" c="dimmed" fw={500}>
        {label}
      </Title>
      <Group gap={6} align="baseline" mb={4}>
        <PageLink to={to} search={search as never} underline="hover" c={trouble ? 'red' : 'bright'} fw={650} fz={26} lh={1.25} className="tabular" aria-label={`${label}: ${value}`}>
          {value}
        </PageLink>
        {of && (
          <Text size="sm" c="dimmed" className="tabular">
            {of}
          </Text>
        )}
      </Group>
      <Stack gap={4}>
        <Group gap={4}>{children}</Group>
      </Stack>
    </Card>
  );
}

function Part({ to, search, color, children }: { to: string; search: Record<string, unknown>; color: string; children: string }) {
  return (
    <PageLink to={to} search={search as never} underline="never">
      <Badge color={color} variant="light" size="sm" tt="none" fw={500} style={{ cursor: 'pointer' }}>
        {children}
      </Badge>
    </PageLink>
  );
}

function Quiet({ children }: { children: string }) {
  return (
    <Text size="xs" c="dimmed">
      {children}
    </Text>
  );
}
