import { Card, SegmentedControl, SimpleGrid, Skeleton, Stack } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data, type Schema } from '../../api/client';
import { Chart } from '../../shared/Chart';
import { withGaps } from '../../shared/chartData';
import { Failure } from '../../shared/Failure';
import { mebibytes, percent } from '../../shared/format';

const spans = [
  { value: '1', label: 'Hour' },
  { value: '24', label: 'Day' },
  { value: '168', label: 'Week' },
];
const refreshMs = 10_000;

/** A host's load over time, read again while it is looked at. */
export function HostFigures({ host }: { host: Schema<'HostView'> }) {
  const [hours, setHours] = useState('1');
  const metrics = useQuery({
    queryKey: ['host', host.id, 'metrics', hours],
    queryFn: async () => {
      const to = Date.now();
      const from = to - Number(hours) * 3_600_000;
      const found = await data(api.GET('/v1/hosts/{id}/metrics', { params: { path: { id: host.id }, query: { from: new Date(from).toISOString(), to: new Date(to).toISOString() } } }));
      return { ...found, fromMs: from, toMs: to };
    },
    refetchInterval: refreshMs,
    placeholderData: keepPreviousData,
  });
  const line = (value: (p: Schema<'HostPoint'>) => number | null | undefined) => {
    const points = (metrics.data?.points ?? []).map(p => [Date.parse(p.at), value(p) ?? null] as const);
    return withGaps(points, Math.max(60_000, 3_000 * (metrics.data?.stepSeconds ?? 0)));
  };
  return (
    <Stack gap="md">
      <SegmentedControl data={spans} value={hours} onChange={setHours} size="xs" aria-label="Time shown" w="fit-content" />
      {metrics.error && <Failure error={metrics.error} what="The host's figures cannot be read" retry={() => void metrics.refetch()} />}
      {metrics.isPending && <Skeleton h={220} />}
      {metrics.data && (
        <SimpleGrid cols={{ base: 1, md: 2 }}>
          <Card withBorder padding="md">
            <Chart title="CPU in use" series={[{ name: 'CPU', points: line(p => p.cpuPercent) }]} format={percent} max={100} from={metrics.data.fromMs} to={metrics.data.toMs} />
          </Card>
          <Card withBorder padding="md">
            <Chart title="Memory in use" series={[{ name: 'Memory', points: line(p => p.memoryUsedMiB) }]} format={mebibytes} max={host.memoryMiB} from={metrics.data.fromMs} to={metrics.data.toMs} />
          </Card>
          <Card withBorder padding="md">
            <Chart title="Running VMs" series={[{ name: 'Running', points: line(p => p.runningVms) }]} format={v => String(Math.round(v))} from={metrics.data.fromMs} to={metrics.data.toMs} />
          </Card>
        </SimpleGrid>
      )}
    </Stack>
  );
}
