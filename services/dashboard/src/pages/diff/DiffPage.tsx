import { Badge, Button, Card, Group, Skeleton, Stack, Table, Text, TextInput } from '@mantine/core';
import { useInfiniteQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useState } from 'react';
import { api, data, type Schema } from '../../api/client';
import { Empty } from '../../shared/Empty';
import { Failure } from '../../shared/Failure';
import { instant } from '../../shared/format';
import { HostLink, useHostName, VmLink } from '../../shared/links';
import { Page } from '../../shared/Page';
import { Panel } from '../../shared/Panel';
import { fieldText, fromLocal, presets, toLocal, valueText, shownFields } from './diffData';

const changes = [
  { change: 'Removed', title: 'Gone', color: 'red' },
  { change: 'Added', title: 'New', color: 'green' },
  { change: 'Moved', title: 'Moved to another host', color: 'cyan' },
  { change: 'Changed', title: 'Changed', color: 'orange' },
] as const;

/** What is different in the fleet between two moments. The moments are in the address, so that a link shows the same. */
export function DiffPage() {
  const { from, to } = useSearch({ strict: false }) as { from?: string; to?: string };
  const navigate = useNavigate();
  const compare = (f: Date, t: Date) => void navigate({ to: '/diff' as string, search: { from: f.toISOString(), to: t.toISOString() } as never });
  const ago = (minutes: number) => compare(new Date(Date.now() - minutes * 60_000), new Date());
  return (
    <Page title="Compare">
      <Moments key={`${from}${to}`} from={from} to={to} compare={compare} ago={ago} />
      {from && to ? <Difference from={from} to={to} /> : <Empty title="Compare the fleet with itself.">Choose a moment above; you see every VM and host that came, went, moved or changed since then.</Empty>}
    </Page>
  );
}

function Moments({ from, to, compare, ago }: { from?: string; to?: string; compare: (from: Date, to: Date) => void; ago: (minutes: number) => void }) {
  const [first, setFirst] = useState(toLocal(from ? new Date(from) : new Date(Date.now() - 3_600_000)));
  const [second, setSecond] = useState(toLocal(to ? new Date(to) : new Date()));
  const [f, t] = [fromLocal(first), fromLocal(second)];
  const wrong = f && t && f > t ? 'The first moment must not be after the second.' : undefined;
  return (
    <Card withBorder padding="md">
      <Stack gap="sm">
        <Group gap="xs">
          {presets.map(p => (
            <Button key={p.minutes} size="xs" variant="default" onClick={() => ago(p.minutes)}>
              {p.label}
            </Button>
          ))}
        </Group>
        <form
          onSubmit={e => {
            e.preventDefault();
            if (f && t && !wrong) {
              compare(f, t);
            }
          }}
        >
          <Group gap="sm" align="flex-end">
            <TextInput type="datetime-local" step={1} label="From" value={first} onChange={e => setFirst(e.currentTarget.value)} error={wrong} required w={{ base: '100%', xs: 260 }} />
            <TextInput type="datetime-local" step={1} label="To" value={second} onChange={e => setSecond(e.currentTarget.value)} required w={{ base: '100%', xs: 260 }} />
            <Button type="submit" disabled={!f || !t || !!wrong}>
              Compare
            </Button>
          </Group>
        </form>
      </Stack>
    </Card>
  );
}

function Difference({ from, to }: { from: string; to: string }) {
  const diff = useInfiniteQuery({
    queryKey: ['past', 'diff', from, to],
    queryFn: ({ pageParam }) => data(api.GET('/v1/diff', { params: { query: { from, to, limit: 200, cursor: pageParam } } })),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.nextCursor ?? undefined,
    refetchInterval: false,
    staleTime: Infinity,
  });
  if (diff.error) {
    return <Failure error={diff.error} what="The two moments cannot be compared" retry={() => void diff.refetch()} />;
  }

  if (!diff.data) {
    return <Skeleton h={240} />;
  }

  const { summary } = diff.data.pages[0]!;
  const items = diff.data.pages.flatMap(p => p.items);
  if (items.length === 0) {
    return (
      <Empty title="Nothing is different.">
        Between {instant(from)} and {instant(to)} no VM and no host came, went, moved or changed.
      </Empty>
    );
  }

  return (
    <Stack gap="md">
      <Group gap="xs" role="status">
        <Badge color="green" variant="light" size="lg" tt="none">{`${summary.added} new`}</Badge>
        <Badge color="red" variant="light" size="lg" tt="none">{`${summary.removed} gone`}</Badge>
        <Badge color="orange" variant="light" size="lg" tt="none">{`${summary.changed} changed or moved`}</Badge>
        <Text size="sm" c="dimmed">
          {instant(from)} to {instant(to)}
        </Text>
      </Group>
      {changes.map(({ change, title, color }) => {
        const of = items.filter(i => i.change === change);
        return of.length > 0 && <Changes key={change} title={title} color={color} items={of} at={change === 'Removed' ? from : to} />;
      })}
      {diff.hasNextPage && (
        <Button variant="default" onClick={() => void diff.fetchNextPage()} loading={diff.isFetchingNextPage} w="fit-content">
          More
        </Button>
      )}
    </Stack>
  );
}

function Changes({ title, color, items, at }: { title: string; color: string; items: Schema<'DiffItem'>[]; at: string }) {
  const nameOf = useHostName();
  const text = (field: string, value: unknown) => (field.endsWith('ostId') && typeof value === 'string' ? nameOf(value) : valueText(field, value));
  return (
    <Panel title={title} flush right={<Badge color={color} variant="light" tt="none">{`${items.length}`}</Badge>}>
      <Table horizontalSpacing="md" fz="sm">
        <Table.Thead>
          <Table.Tr>
            <Table.Th w="30%">What</Table.Th>
            <Table.Th>Difference</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {items.map(item => (
            <Table.Tr key={item.id}>
              <Table.Td className="top">
                {item.kind === 'Vm' ? <VmLink id={item.id} name={item.name} at={at} /> : <HostLink id={item.id} name={item.name} />}
                <Text size="xs" c="dimmed">
                  {item.kind === 'Vm' ? 'VM' : 'host'}
                </Text>
              </Table.Td>
              <Table.Td>
                {shownFields(item.change, item.fields).length === 0 && (
                  <Text size="sm" c="dimmed">
                    –
                  </Text>
                )}
                {shownFields(item.change, item.fields).map(f => (
                  <Text size="sm" key={f.field} className="wrapped">
                    <Text span size="xs" c="dimmed">
                      {fieldText(f.field)}{' '}
                    </Text>
                    {f.before !== undefined && item.change !== 'Added' && (
                      <Text span size="sm" td={item.change === 'Removed' ? undefined : 'line-through'} c="dimmed">
                        {text(f.field, f.before)}
                      </Text>
                    )}
                    {item.change !== 'Removed' && (
                      <>
                        {item.change !== 'Added' && ' → '}
                        {text(f.field, f.after)}
                      </>
                    )}
                  </Text>
                ))}
              </Table.Td>
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Panel>
  );
}
