import { Alert, Badge, Box, Button, Group, SimpleGrid, Skeleton, Stack, Tabs, Text, Title } from '@mantine/core';
import { IconHistory } from '@tabler/icons-react';
import { useNavigate, useParams, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { ApiProblem } from '../../api/client';
import { Empty } from '../../shared/Empty';
import { Section } from '../../shared/Fact';
import { Failure } from '../../shared/Failure';
import { ago, instant } from '../../shared/format';
import { HostLink, OperationLink, PageLink } from '../../shared/links';
import { Page } from '../../shared/Page';
import { StateBadge } from '../../shared/StateBadge';
import { TimeSlider } from '../../shared/TimeSlider';
import type { Range } from '../../shared/timeline';
import { useNow } from '../../shared/useNow';
import { VmActions } from './actions/VmActions';
import { Adapters } from './vm/Adapters';
import { Checkpoints } from './vm/Checkpoints';
import { Disks } from './vm/Disks';
import { VmCharts } from './vm/VmCharts';
import { GuestFacts, HardwareFacts, PlacementFacts, SecurityFacts } from './vm/VmFacts';
import { VmHistory } from './vm/VmHistory';
import { VmKeyValues } from './vm/VmKeyValues';
import { MigrationStrip } from './vm/MigrationStrip';
import { Screenshot } from './vm/Screenshot';
import { VmSettingsForm } from './vm/VmSettingsForm';
import { useMoment, useVm, useVmHistory, type Vm } from './vm/useVm';

const tabs = ['overview', 'hardware', 'checkpoints', 'settings', 'kvp', 'history'] as const;

/** One VM: what it is, what it does, what was done to it; as it is now, or as it was at the moment of the time slider. */
export function VmPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const navigate = useNavigate();
  const search = useSearch({ strict: false }) as { tab?: string };
  const tab = (tabs as readonly string[]).includes(search.tab ?? '') ? search.tab! : 'overview';
  const [at, setAt] = useMoment();
  const [range, setRange] = useState<Range>('day');
  const vm = useVm(id, at);
  const history = useVmHistory(id, range);
  const now = useNow(at === undefined ? 2_000 : 10_000);

  if (vm.error && !vm.data) {
    return (
      <Page title="VM">
        {vm.error instanceof ApiProblem && vm.error.status === 404 ? (
          <Empty title={at === undefined ? 'There is no such VM.' : 'The VM was not known then.'}>
            {at === undefined ? <PageLink to="/vms">All VMs</PageLink> : <Button size="xs" variant="default" mt="xs" onClick={() => setAt(undefined)}>Back to now</Button>}
          </Empty>
        ) : (
          <Failure error={vm.error} what="The VM cannot be read" retry={() => void vm.refetch()} />
        )}
      </Page>
    );
  }

  if (!vm.data) {
    return (
      <Page title="VM">
        <Skeleton h={90} />
        <Skeleton h={320} />
      </Page>
    );
  }

  const then = vm.data;
  const past = at !== undefined;
  const happened = past ? history.happenings.filter(h => h.ms <= Date.parse(at)).length : history.happenings.length;
  return (
    <Page title={then.name} heading={<Heading vm={then} past={past} />} actions={<VmActions vm={then} past={past || vm.isPlaceholderData} />}>
      <Section p="sm">
        <TimeSlider marks={history.happenings} at={at} now={now} first={then.discoveredAt} range={range} onRange={setRange} onChange={setAt} />
      </Section>
      {past && (
        <Alert color="orange" icon={<IconHistory />} p="sm" role="status" data-past-banner>
          <Group gap="sm">
            <Text size="sm">
              As it was on <b>{instant(at)}</b>, {ago(at, now)}. Nothing can be done to the past.
            </Text>
            <Button size="compact-sm" color="orange" variant="light" onClick={() => setAt(undefined)}>
              Back to now
            </Button>
          </Group>
        </Alert>
      )}
      {vm.error && past && <Failure error={vm.error} what="This moment cannot be shown" retry={() => void vm.refetch()} />}
      <Notices vm={then} past={past} />
      {then.migrationId && <MigrationStrip vm={then} past={past} />}
      <Box data-vm-version={then.version} data-as-of={at} data-current={vm.isPlaceholderData ? undefined : true} opacity={vm.isPlaceholderData ? 0.75 : 1}>
        <Tabs value={tab} onChange={value => void navigate({ to: '.', search: ((before: Record<string, unknown>) => ({ ...before, tab: value === 'overview' ? undefined : value })) as never, replace: true })} keepMounted={false}>
          <Tabs.List mb="md">
            <Tabs.Tab value="overview">Overview</Tabs.Tab>
            <Tabs.Tab value="hardware">Hardware</Tabs.Tab>
            <Tabs.Tab value="checkpoints">Checkpoints</Tabs.Tab>
            <Tabs.Tab value="settings">Settings</Tabs.Tab>
            <Tabs.Tab value="kvp">Key-value pairs</Tabs.Tab>
            <Tabs.Tab value="history" rightSection={happened > 0 && <Badge size="xs" variant="light" color="gray">{happened}</Badge>}>
              History
            </Tabs.Tab>
          </Tabs.List>
          <Tabs.Panel value="overview">
            <Box className="split">
              <Stack miw={0}>
                <VmCharts id={id} at={at} />
                <Section title="Latest events">
                  <VmHistory happenings={history.happenings} error={history.error} retry={() => void history.refetch()} at={at} onAt={setAt} most={6} />
                </Section>
              </Stack>
              <Stack miw={0}>
                {!past && !vm.isPlaceholderData && <Screenshot vm={then} />}
                <PlacementFacts vm={then} past={past} now={now} />
                <HardwareFacts vm={then} />
                <GuestFacts vm={then} />
                <SecurityFacts vm={then} />
              </Stack>
            </Box>
          </Tabs.Panel>
          <Tabs.Panel value="hardware">
            <Stack>
              <SimpleGrid cols={{ base: 1, sm: then.details?.security ? 2 : 1 }}>
                <HardwareFacts vm={then} />
                <SecurityFacts vm={then} />
              </SimpleGrid>
              <Disks vm={then} past={past || vm.isPlaceholderData} />
              <Adapters vm={then} past={past || vm.isPlaceholderData} />
            </Stack>
          </Tabs.Panel>
          <Tabs.Panel value="checkpoints">{past ? <NotKept what="Checkpoints" onNow={() => setAt(undefined)} /> : <Checkpoints vm={then} />}</Tabs.Panel>
          <Tabs.Panel value="settings">{past ? <NotKept what="Settings" onNow={() => setAt(undefined)} /> : <VmSettingsForm vm={then} />}</Tabs.Panel>
          <Tabs.Panel value="kvp">{past ? <NotKept what="Key-value pairs" onNow={() => setAt(undefined)} /> : <VmKeyValues vm={then} />}</Tabs.Panel>
          <Tabs.Panel value="history">
            <Section>
              <VmHistory happenings={history.happenings} error={history.error} retry={() => void history.refetch()} at={at} onAt={setAt} />
            </Section>
          </Tabs.Panel>
        </Tabs>
      </Box>
    </Page>
  );
}

function Heading({ vm, past }: { vm: Vm; past: boolean }) {
  return (
    <Stack gap={2} miw={0}>
      <Group gap="sm">
        <Title order={1} size="h2" style={{ overflowWrap: 'anywhere' }}>
          {vm.name}
        </Title>
        <span data-vm-state={vm.state}>
          <StateBadge state={vm.state} />
        </span>
        {past && (
          <Badge color="orange" variant="filled" autoContrast>
            Past
          </Badge>
        )}
        {vm.simulated && (
          <Badge color="gray" variant="outline">
            Simulated
          </Badge>
        )}
      </Group>
      <Text size="sm" c="dimmed" component="div" className="prose">
        on <HostLink id={vm.hostId} name={vm.hostName} /> · {vm.vcpus} vCPU · <Text span ff="monospace" fz="xs">{vm.id}</Text>
      </Text>
    </Stack>
  );
}

function Notices({ vm, past }: { vm: Vm; past: boolean }) {
  return (
    <>
      {vm.deletedAt && (
        <Alert color="gray" p="sm" title={`Deleted on ${instant(vm.deletedAt)}`}>
          Its history stays readable.
        </Alert>
      )}
      {vm.missingSince && !vm.deletedAt && (
        <Alert className="prose" color="red" p="sm" title={`Missing since ${instant(vm.missingSince)}`}>
          No host reports this VM any more. Look on <HostLink id={vm.hostId} name={vm.hostName} />, where it was last; when a host shows it again, it goes on with its history here.
        </Alert>
      )}
      {vm.duplicateRunning && (
        <Alert color="red" p="sm" title="It runs twice">
          Two hosts say that this VM runs, and both may write to the same disks. Stop one copy on its host.
        </Alert>
      )}
      {vm.stale && !past && (
        <Alert color="yellow" p="sm" title="This may be old">
          Its host has not confirmed it since {instant(vm.hostLastSeenAt ?? vm.observedAt)}: what you see is what was last known.
        </Alert>
      )}
      {!past && vm.operationId && !vm.migrationId && (
        <Alert className="prose" color="cyan" p="sm">
          <OperationLink id={vm.operationId} kind={vm.operationKind}>
            An operation is under way
          </OperationLink>
          . The VM takes the next one when it has ended.
        </Alert>
      )}
    </>
  );
}

function NotKept({ what, onNow }: { what: string; onNow: () => void }) {
  return (
    <Empty title={`${what} are not kept for the past.`}>
      They are asked of the host live.{' '}
      <Button size="xs" variant="default" mt="xs" onClick={onNow}>
        Back to now
      </Button>
    </Empty>
  );
}
