import { Group, Stack, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, data } from '../../api/client';
import { Ago } from '../../shared/Ago';
import { Failure } from '../../shared/Failure';
import { words } from '../../shared/format';
import { OperationLink, PageLink, VmLink } from '../../shared/links';
import { Panel } from '../../shared/Panel';
import { openAlerts } from '../alerts/openAlerts';
import { SeverityBadge } from '../alerts/SeverityBadge';

const shown = 5;

/** The newest open alerts. */
export function OpenAlerts() {
  const alerts = useQuery(openAlerts);
  return (
    <Panel title="Alerts" right={<PageLink to={'/alerts' as string} fz="sm">All alerts</PageLink>}>
      {alerts.error && <Failure error={alerts.error} what="The alerts cannot be read" retry={() => void alerts.refetch()} />}
      {alerts.data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          No alert is open.
        </Text>
      )}
      <Stack gap="xs">
        {alerts.data?.items.slice(0, shown).map(alert => (
          <Group key={alert.id} gap="xs" wrap="nowrap" align="flex-start">
            <SeverityBadge severity={alert.severity} />
            <div>
              <Text size="sm">{alert.message}</Text>
              <Text size="xs" c="dimmed">
                <Ago at={alert.raisedAt} />
              </Text>
            </div>
          </Group>
        ))}
      </Stack>
    </Panel>
  );
}

/** The newest operations that failed. */
export function RecentFailures() {
  const failed = useQuery({ queryKey: ['operations', 'failed', shown], queryFn: () => data(api.GET('/v1/operations', { params: { query: { status: 'Failed', limit: shown } } })) });
  return (
    <Panel title="Recent failures" right={<PageLink to="/operations" search={{ status: 'Failed' } as never} fz="sm">All failures</PageLink>}>
      {failed.error && <Failure error={failed.error} what="The failed operations cannot be read" retry={() => void failed.refetch()} />}
      {failed.data?.items.length === 0 && (
        <Text size="sm" c="dimmed">
          No operation has failed.
        </Text>
      )}
      <Stack gap="xs">
        {failed.data?.items.map(operation => (
          <div key={operation.id}>
            <Text size="sm">
              <OperationLink id={operation.id} kind={operation.kind}>
                {words(operation.kind)}
              </OperationLink>{' '}
              <VmLink id={operation.vmId} name={operation.vmName} />{' '}
              <Text span size="xs" c="dimmed">
                <Ago at={operation.finishedAt} />
              </Text>
            </Text>
            <Text size="xs" c="dimmed" lineClamp={2}>
              {operation.error?.message}
            </Text>
          </div>
        ))}
      </Stack>
    </Panel>
  );
}
