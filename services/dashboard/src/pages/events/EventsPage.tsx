import { Button, Group, MultiSelect, Select, Skeleton, Text } from '@mantine/core';
import { useDebouncedValue } from '@mantine/hooks';
import { IconPlayerPause, IconPlayerPlay } from '@tabler/icons-react';
import { keepPreviousData, useQuery } from '@tanstack/react-query';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { useEffect, useRef, useState } from 'react';
import { api, data } from '../../api/client';
import { useEventStream, useLiveEvents } from '../../live/LiveProvider';
import { Empty } from '../../shared/Empty';
import { EventList, type ShownEvent } from '../../shared/EventList';
import { Failure } from '../../shared/Failure';
import { useHosts } from '../../shared/links';
import { Page } from '../../shared/Page';
import { Panel } from '../../shared/Panel';
import { type FeedFilter, merged, passes } from './eventFilter';
import { readBack } from './readBack';

const kept = 500;
const firstReach = 1_000;
const kinds = [
  { value: 'vm_', label: 'VMs' },
  { value: 'vm_state_changed', label: 'States of VMs' },
  { value: 'vm_moved', label: 'Moves' },
  { value: 'vm_migration', label: 'Migrations' },
  { value: 'operation_', label: 'Operations' },
  { value: 'host_', label: 'Hosts' },
  { value: 'host_evacuation', label: 'Evacuations' },
];

/** What happens, as it happens, and what happened just before. At most a few hundred events are kept in the page. */
export function EventsPage() {
  const search = useSearch({ strict: false }) as { kinds?: string[]; vm?: string; host?: string };
  const navigate = useNavigate();
  const change = (values: Partial<typeof search>) => void navigate({ to: '/events' as string, search: { ...search, ...values } as never, replace: true });
  const filter: FeedFilter = { kinds: Array.isArray(search.kinds) ? search.kinds : [], vm: search.vm, host: search.host };
  const [live, setLive] = useState<ShownEvent[]>([]);
  const [paused, setPaused] = useState(false);
  const [waiting, setWaiting] = useState(0);
  const held = useRef<ShownEvent[]>([]);
  useLiveEvents(event => {
    if (event.seq === undefined) {
      return;
    }

    if (!paused) {
      setLive(events => [event as ShownEvent, ...events].slice(0, kept));
    } else {
      held.current = [event as ShownEvent, ...held.current].slice(0, kept);
      setWaiting(w => w + 1);
    }
  });
  const resume = () => {
    const came = held.current;
    held.current = [];
    setLive(events => [...came, ...events].slice(0, kept));
    setWaiting(0);
    setPaused(false);
  };

  const [reach, setReach] = useState(firstReach);
  const end = useEnd();
  const back = useQuery({
    queryKey: ['past', 'events', end, reach, filter],
    queryFn: ({ signal }) => readBack(end!, reach, filter, signal),
    enabled: end !== undefined,
    staleTime: Infinity,
    gcTime: 0,
    refetchInterval: false,
    placeholderData: keepPreviousData,
  });
  const shown = merged(
    live.filter(e => passes(e, filter)),
    (back.data ?? []).filter(e => passes(e, filter)),
    kept,
  );

  return (
    <Page
      title="Events"
      actions={
        paused ? (
          <Button size="xs" leftSection={<IconPlayerPlay size={15} />} onClick={resume}>
            Go on{waiting > 0 ? ` (${waiting} new)` : ''}
          </Button>
        ) : (
          <Button size="xs" variant="default" leftSection={<IconPlayerPause size={15} />} onClick={() => setPaused(true)}>
            Pause
          </Button>
        )
      }
    >
      <Group gap="sm" align="flex-end">
        <MultiSelect aria-label="Kinds of events" placeholder={filter.kinds.length === 0 ? 'All kinds' : undefined} data={kinds} value={[...filter.kinds]} onChange={value => change({ kinds: value.length > 0 ? value : undefined })} clearable w={{ base: '100%', xs: 300 }} />
        <VmSelect value={filter.vm} onChange={vm => change({ vm })} />
        <HostSelect value={filter.host} onChange={host => change({ host })} />
      </Group>
      {back.error && <Failure error={back.error} what="Earlier events cannot be read" retry={() => void back.refetch()} />}
      {back.isPending && shown.length === 0 && !back.error && <Skeleton h={320} />}
      {!back.isPending && shown.length === 0 && <Empty title="No event fits.">What happens from now on appears here by itself. Look further back, or change the filters.</Empty>}
      {shown.length > 0 && (
        <Panel
          title={paused ? 'Paused' : 'Newest first'}
          right={
            <Text size="xs" c="dimmed" className="tabular">
              {shown.length === kept ? `the newest ${kept}` : `${shown.length} ${shown.length === 1 ? 'event' : 'events'}`}
            </Text>
          }
        >
          <EventList events={shown} />
        </Panel>
      )}
      {end !== undefined && reach < end && shown.length < kept && (
        <Button variant="default" onClick={() => setReach(reach * 4)} loading={back.isFetching} w="fit-content">
          Look further back
        </Button>
      )}
    </Page>
  );
}

/** The position of the newest event when the page was opened; undefined while the stream has not told one. */
function useEnd(): number | undefined {
  const stream = useEventStream();
  const [end, setEnd] = useState(stream.position);
  useEffect(() => {
    if (end !== undefined) {
      return;
    }

    const timer = window.setInterval(() => setEnd(stream.position), 100);
    return () => window.clearInterval(timer);
  }, [stream, end]);
  return end;
}

function HostSelect({ value, onChange }: { value: string | undefined; onChange: (host: string | undefined) => void }) {
  const hosts = useHosts();
  return <Select aria-label="Host" placeholder="Any host" data={(hosts.data ?? []).map(h => ({ value: h.id, label: h.name }))} value={value ?? null} onChange={v => onChange(v ?? undefined)} searchable clearable limit={50} w={{ base: '100%', xs: 180 }} />;
}

function VmSelect({ value, onChange }: { value: string | undefined; onChange: (vm: string | undefined) => void }) {
  const [text, setText] = useState('');
  const [searched] = useDebouncedValue(text, 150);
  const chosen = useQuery({ queryKey: ['vm', value, 'name'], queryFn: () => data(api.GET('/v1/vms/{id}', { params: { path: { id: value! } } })), enabled: value !== undefined });
  const found = useQuery({ queryKey: ['vms', 'choose', searched], queryFn: () => data(api.GET('/v1/vms', { params: { query: { search: searched || undefined, limit: 20 } } })), placeholderData: keepPreviousData });
  const options = (found.data?.items ?? []).map(v => ({ value: v.id, label: v.name }));
  const all = chosen.data && !options.some(o => o.value === value) ? [{ value: chosen.data.id, label: chosen.data.name }, ...options] : options;
  return <Select aria-label="VM" placeholder="Any VM" data={[...new Map(all.map(o => [o.value, o])).values()]} value={value ?? null} onChange={v => onChange(v ?? undefined)} searchable clearable onSearchChange={setText} filter={({ options: o }) => o} w={{ base: '100%', xs: 200 }} nothingFoundMessage="No VM fits" />;
}
