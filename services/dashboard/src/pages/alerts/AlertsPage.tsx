import { Card, Group, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api, type Schema } from '../../api/client';
import { useDenied } from '../../shared/useMay';
import { ActionButton } from '../../shared/ActionButton';
import { Ago } from '../../shared/Ago';
import { Empty } from '../../shared/Empty';
import { Failure } from '../../shared/Failure';
import { duration, words } from '../../shared/format';
import { HostLink, OperationLink, VmLink } from '../../shared/links';
import { Page } from '../../shared/Page';
import { useCommand } from '../../shared/useCommand';
import { openAlerts, readAlerts } from './openAlerts';
import { SeverityBadge } from './SeverityBadge';

/** What needs somebody's eye, and what did. */
export function AlertsPage() {
  const { show = 'open' } = useSearch({ strict: false }) as { show?: string };
  const navigate = useNavigate();
  const open = show !== 'ended';
  const alerts = useQuery(open ? openAlerts : { queryKey: ['alerts', 'ended'], queryFn: () => readAlerts(false) });
  return (
    <Page
      title="Alerts"
      actions={
        <SegmentedControl
          size="xs"
          aria-label="Which alerts"
          data={[{ value: 'open', label: 'Open' }, { value: 'ended', label: 'Ended' }]}
          value={open ? 'open' : 'ended'}
          onChange={value => void navigate({ to: '/alerts' as string, search: { show: value === 'open' ? undefined : value } as never, replace: true })}
        />
      }
    >
      {alerts.error && <Failure error={alerts.error} what="The alerts cannot be read" retry={() => void alerts.refetch()} />}
      {alerts.isPending && <Skeleton h={160} />}
      {alerts.data?.items.length === 0 && (open ? <Empty title="No alert is open.">Rules look at hosts, VMs and operations all the time; what they find appears here by itself.</Empty> : <Empty title="No alert has ended yet." />)}
      <Stack gap="sm">
        {alerts.data?.items.map(alert => (
          <AlertCard key={alert.id} alert={alert} />
        ))}
      </Stack>
    </Page>
  );
}

function AlertCard({ alert }: { alert: Schema<'AlertView'> }) {
  const queries = useQueryClient();
  const why = useDenied('Operator');
  const { run, busy } = useCommand();
  const acknowledge = async () => {
    await run({ title: `Alert about ${alert.subjectName ?? 'the platform'} acknowledged`, send: header => api.POST('/v1/alerts/{id}/acknowledge', { params: { path: { id: alert.id }, header } }) });
    await queries.invalidateQueries({ queryKey: ['alerts'] });
  };
  return (
    <Card withBorder padding="md" component="article" aria-label={alert.message}>
      <Group justify="space-between" align="flex-start" gap="sm">
        <Group align="flex-start" gap="md" wrap="nowrap" flex={1} miw={260}>
          <SeverityBadge severity={alert.severity} />
          <Stack gap={4}>
            <Text fw={600} size="sm">
              {alert.message}
            </Text>
            <Text size="sm">{alert.advice}</Text>
            <Group gap={8} fz="xs">
              <Subject alert={alert} />
              <Text size="xs" c="dimmed">
                {words(alert.rule)} · raised <Ago at={alert.raisedAt} />
                {alert.clearedAt && `, lasted ${duration((Date.parse(alert.clearedAt) - Date.parse(alert.raisedAt)) / 1000)}`}
                {alert.acknowledgedAt && (
                  <>
                    {' '}
                    · acknowledged <Ago at={alert.acknowledgedAt} />
                    {alert.acknowledgedBy && ` by ${alert.acknowledgedBy}`}
                  </>
                )}
              </Text>
            </Group>
          </Stack>
        </Group>
        {!alert.clearedAt && !alert.acknowledgedAt && (
          <ActionButton why={why} loading={busy} onClick={() => void acknowledge()}>
            Acknowledge
          </ActionButton>
        )}
      </Group>
    </Card>
  );
}

function Subject({ alert: { subjectKind, subjectId, subjectName } }: { alert: Schema<'AlertView'> }) {
  if (!subjectId) {
    return null;
  }

  return subjectKind === 'Host' ? <HostLink id={subjectId} name={subjectName} /> : subjectKind === 'Vm' ? <VmLink id={subjectId} name={subjectName} /> : subjectKind === 'Operation' ? <OperationLink id={subjectId}>{subjectName}</OperationLink> : null;
}
