import { Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useEffect, useMemo, useState } from 'react';
import { api, data } from '../../api/client';
import { useLiveEvents } from '../../live/LiveProvider';
import { Chart } from '../../shared/Chart';
import type { ChartSeries } from '../../shared/chartData';
import { Section } from '../../shared/Fact';
import { Failure } from '../../shared/Failure';
import { rate } from '../../shared/format';
import { isOpen, type Migration, type ProgressPoint } from './progress';

/** Throughput and dirty rate of a transfer: what was recorded, and what is told live. */
export function MigrationCharts({ migration: m }: { migration: Migration }) {
  const [live, setLive] = useState<ProgressPoint[]>([]);
  const recorded = useQuery({
    queryKey: ['migration', m.id, 'progress'],
    queryFn: () => data(api.GET('/v1/migrations/{id}/progress', { params: { path: { id: m.id } } })),
    refetchInterval: isOpen(m.status) ? 5_000 : false,
  });
  useEffect(() => setLive([]), [m.id, recorded.dataUpdatedAt]);
  useLiveEvents(event => {
    if (event.type === 'migration_progressed' && event.data.operationId === m.id && typeof event.data.at === 'string') {
      setLive(points => [...points, event.data as unknown as ProgressPoint]);
    }
  });
  const series = useMemo<ChartSeries[]>(() => {
    const points = [...new Map([...(recorded.data?.points ?? []), ...live].map(p => [p.at, p])).values()].sort((a, b) => a.at.localeCompare(b.at));
    const line = (name: string, key: 'bytesPerSecond' | 'dirtyBytesPerSecond'): ChartSeries => ({ name, points: points.flatMap(p => (p[key] == null ? [] : [[Date.parse(p.at), p[key]] as const])) });
    return [line('Throughput', 'bytesPerSecond'), line('The guest writes', 'dirtyBytesPerSecond')];
  }, [recorded.data, live]);
  if (recorded.error && !recorded.data) {
    return (
      <Section title="Transfer">
        <Failure error={recorded.error} what="The course of the transfer cannot be read" retry={() => void recorded.refetch()} />
      </Section>
    );
  }

  return (
    <Section>
      <Chart title="Transfer" series={series} format={rate} binary height={200} />
      {m.progress && (
        <Group gap="lg" mt="xs">
          <Text size="xs" c="dimmed">
            Round {m.progress.round}
          </Text>
          {(m.progress.throttlePercent ?? 0) > 0 && (
            <Text size="xs" c="dimmed">
              Guest slowed down by {m.progress.throttlePercent} %
            </Text>
          )}
          {(m.progress.ladderRungs ?? 0) > 0 && (
            <Text size="xs" c="dimmed">
              {m.progress.ladderRungs} steps of the ladder taken
            </Text>
          )}
        </Group>
      )}
    </Section>
  );
}
