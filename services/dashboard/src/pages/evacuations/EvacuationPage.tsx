import { Alert, Group, Skeleton, Stack, Table, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useParams } from '@tanstack/react-router';
import { ApiProblem, api, data, type Schema } from '../../api/client';
import { Empty } from '../../shared/Empty';
import { Facts, Section } from '../../shared/Fact';
import { ErrorDetails, Failure } from '../../shared/Failure';
import { ago, duration, instant, mebibytes, words } from '../../shared/format';
import { HostLink, PageLink, VmLink } from '../../shared/links';
import { Page } from '../../shared/Page';
import { StateBadge } from '../../shared/StateBadge';
import { useNow } from '../../shared/useNow';
import { EvacuationActions } from './EvacuationActions';
import { EvacuationBar } from './EvacuationsPage';

type Evacuation = Schema<'EvacuationView'>;

/** One host being emptied: how far, each VM, and what stands in the way. */
export function EvacuationPage() {
  const { id } = useParams({ strict: false }) as { id: string };
  const read = useQuery({ queryKey: ['evacuation', id], queryFn: ({ signal }) => data(api.GET('/v1/evacuations/{id}', { params: { path: { id } }, signal })) });
  const now = useNow(2_000);
  if (read.error && !read.data) {
    return (
      <Page title="Evacuation">
        {read.error instanceof ApiProblem && read.error.status === 404 ? (
          <Empty title="There is no such evacuation.">
            <PageLink to={'/evacuations' as string}>All evacuations</PageLink>
          </Empty>
        ) : (
          <Failure error={read.error} what="The evacuation cannot be read" retry={() => void read.refetch()} />
        )}
      </Page>
    );
  }

  if (!read.data) {
    return (
      <Page title="Evacuation">
        <Skeleton h={220} />
      </Page>
    );
  }

  const e = read.data;
  return (
    <Page title={`Emptying ${e.hostName}`} heading={<Heading evacuation={e} />} actions={<EvacuationActions evacuation={e} />}>
      <Section>
        <Stack>
          <EvacuationBar evacuation={e} />
          <Facts
            items={[
              ['Asked by', `${e.trail.requestedBy}${e.trail.reason ? `: ${e.trail.reason}` : ''}`],
              ['Began', `${instant(e.trail.requestedAt)} (${ago(e.trail.requestedAt, now)})`],
              ['Ends at the latest', e.endedAt ? undefined : instant(e.deadlineAt)],
              ['Ended', e.endedAt ? instant(e.endedAt) : undefined],
              ['Took', e.totalMs != null ? duration(e.totalMs / 1000) : undefined],
              ['At a time', e.settings.maxConcurrent],
              ['Order', e.settings.order && words(e.settings.order).toLowerCase()],
            ]}
          />
        </Stack>
      </Section>
      {e.blocked && (
        <Alert color="orange" title="It cannot go on now">
          <ErrorDetails error={e.blocked} />
        </Alert>
      )}
      <Section title="VMs">
        {e.vms.length === 0 ? (
          <Empty title="The host had no VM." />
        ) : (
          <Table.ScrollContainer minWidth={300}>
            <Table className="tabular nowrap">
              <Table.Thead>
                <Table.Tr>
                  <Table.Th>VM</Table.Th>
                  <Table.Th>State</Table.Th>
                  <Table.Th visibleFrom="sm">Goes to</Table.Th>
                  <Table.Th ta="right">Memory</Table.Th>
                  <Table.Th visibleFrom="sm" ta="right">
                    Attempts
                  </Table.Th>
                  <Table.Th visibleFrom="sm" ta="right">
                    Took
                  </Table.Th>
                </Table.Tr>
              </Table.Thead>
              <Table.Tbody>
                {e.vms.map(vm => (
                  <Table.Tr key={vm.vmId}>
                    <Table.Td>
                      <VmLink id={vm.vmId} name={vm.vmName} />
                      {vm.destinationHostName && (
                        <Text size="xs" c="dimmed" hiddenFrom="sm">
                          to {vm.destinationHostName}
                        </Text>
                      )}
                      {vm.error && <ErrorDetails error={vm.error} />}
                    </Table.Td>
                    <Table.Td>
                      {vm.operationUrl ? (
                        <PageLink to={`/migrations/${vm.operationUrl.split('/').at(-1)}` as string}>
                          <StateBadge state={vm.status} />
                        </PageLink>
                      ) : (
                        <StateBadge state={vm.status} />
                      )}
                      {vm.notBefore && Date.parse(vm.notBefore) > now && (
                        <Text size="xs" c="dimmed">
                          again in {duration((Date.parse(vm.notBefore) - now) / 1000)}
                        </Text>
                      )}
                    </Table.Td>
                    <Table.Td visibleFrom="sm">{vm.destinationHostId ? <HostLink id={vm.destinationHostId} name={vm.destinationHostName} /> : '–'}</Table.Td>
                    <Table.Td ta="right">{mebibytes(vm.memoryMiB)}</Table.Td>
                    <Table.Td visibleFrom="sm" ta="right">
                      {vm.attempts}
                    </Table.Td>
                    <Table.Td visibleFrom="sm" ta="right">
                      {vm.durationMs == null ? '–' : duration(vm.durationMs / 1000)}
                    </Table.Td>
                  </Table.Tr>
                ))}
              </Table.Tbody>
            </Table>
          </Table.ScrollContainer>
        )}
      </Section>
    </Page>
  );
}

function Heading({ evacuation: e }: { evacuation: Evacuation }) {
  return (
    <Group gap="sm">
      <Title order={1} size="h2" className="prose">
        Emptying <HostLink id={e.hostId} name={e.hostName} />
      </Title>
      <StateBadge state={e.status} />
    </Group>
  );
}
