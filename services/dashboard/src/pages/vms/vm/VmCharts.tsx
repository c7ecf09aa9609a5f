import { SimpleGrid } from '@mantine/core';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useMemo } from 'react';
import { api, data, type Schema } from '../../../api/client';
import { Chart } from '../../../shared/Chart';
import { type ChartSeries, withGaps } from '../../../shared/chartData';
import { Section } from '../../../shared/Fact';
import { Failure } from '../../../shared/Failure';
import { bytes, percent, rate } from '../../../shared/format';

type VmMetrics = Schema<'VmMetricsView'>;
type VmPoint = Schema<'VmPoint'>;

const spanMs = 3_600_000;
const freshMs = 5_000;

/** CPU, memory, disk and network: of the last hour, or of the hour around a moment of the past. */
export function VmCharts({ id, at }: { id: string; at: string | undefined }) {
  // Dragging the slider moves the window by minutes, not with every pixel.
  const end = at === undefined ? undefined : Math.ceil((Date.parse(at) + spanMs / 4) / 60_000) * 60_000;
  const metrics = useQuery({
    queryKey: end === undefined ? ['vm-metrics', id] : ['past', 'vm-metrics', id, end],
    queryFn: () =>
      data(
        api.GET('/v1/vms/{id}/metrics', {
          params: { path: { id }, query: end === undefined ? {} : { from: new Date(end - spanMs).toISOString(), to: new Date(Math.min(end, Date.now())).toISOString() } },
        }),
      ),
    placeholderData: keepPreviousData,
    refetchInterval: end === undefined ? freshMs : false,
  });
  const series = useMemo(() => seriesOf(metrics.data), [metrics.data]);
  const [from, to] = metrics.data ? shownSpan(metrics.data) : [undefined, undefined];
  const common = { from, to, mark: at === undefined ? undefined : Date.parse(at), height: 130 };
  return (
    <Section title={at === undefined ? 'Last hour' : 'The hour around this moment'}>
      {metrics.error && !metrics.data ? (
        <Failure error={metrics.error} what="The figures cannot be read" retry={() => void metrics.refetch()} />
      ) : (
        <SimpleGrid cols={{ base: 1, sm: 2 }} spacing="lg">
          <Chart title="CPU" series={series.cpu} format={percent} max={100} {...common} />
          <Chart title="Memory" series={series.memory} format={bytes} binary {...common} />
          <Chart title="Disk" series={series.disk} format={rate} binary {...common} />
          <Chart title="Network" series={series.network} format={rate} binary {...common} />
        </SimpleGrid>
      )}
    </Section>
  );
}

/** The time asked for, without what lies before the first measurement; at least five minutes. */
function shownSpan(metrics: VmMetrics): [number, number] {
  const [from, to] = [Date.parse(metrics.from), Date.parse(metrics.to)];
  const first = metrics.points[0] ? Date.parse(metrics.points[0].at) : from;
  return [Math.max(from, Math.min(first, to - 300_000)), to];
}

function seriesOf(metrics: VmMetrics | undefined) {
  const line = (name: string, key: Exclude<keyof VmPoint, 'at'>, scale = 1): ChartSeries => ({
    name,
    points: withGaps(
      (metrics?.points ?? []).flatMap(p => (p[key] === undefined || p[key] === null ? [] : [[Date.parse(p.at), p[key] * scale] as const])),
      Math.max(60, 3 * (metrics?.stepSeconds ?? 0)) * 1_000,
    ),
  });
  return {
    cpu: [line('CPU', 'cpuPercent')],
    memory: [line('Used', 'memoryUsedMiB', 1024 * 1024)],
    disk: [line('Read', 'diskReadBytesPerSecond'), line('Written', 'diskWriteBytesPerSecond')],
    network: [line('Received', 'netReceivedBytesPerSecond'), line('Sent', 'netSentBytesPerSecond')],
  };
}
