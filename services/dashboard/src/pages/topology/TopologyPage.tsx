import { Group, SegmentedControl, Skeleton, Stack, Text } from '@mantine/core';
import { useElementSize } from '@mantine/hooks';
import { useQuery } from '@tanstack/react-query';
import { Controls, ReactFlow } from '@xyflow/react';
import { useNavigate } from '@tanstack/react-router';
import { type MouseEvent, useMemo, useState } from 'react';
import { api, data, type Schema } from '../../api/client';
import { useLiveEvents } from '../../live/LiveProvider';
import { Empty } from '../../shared/Empty';
import { Failure } from '../../shared/Failure';
import { percent, words } from '../../shared/format';
import { HostLink, OperationLink, PageLink, useHosts } from '../../shared/links';
import { Page } from '../../shared/Page';
import { Panel } from '../../shared/Panel';
import { HostNode, type HostNodeData, type ShownVm } from './HostNode';
import { handles, heightOf, type Level, levelFor, looks, neighbourOf, places, shortNames } from './layout';
import { MoveEdge, type MoveEdgeData } from './MoveEdge';
import './topology.css';

type Placed = Pick<Schema<'VmSummary'>, 'id' | 'name' | 'state' | 'hostId' | 'migrationId'>;

const nodeTypes = { host: HostNode };
const edgeTypes = { move: MoveEdge };
const mostMoves = 100;
/** More names on lines would lie over each other; the list below has them all. */
const mostLabels = 8;
const fields = 'id,name,state,hostId,migrationId';

/** Hosts with their VMs, and what moves between them now. As much of them is shown as can be read in the window. */
export function TopologyPage() {
  const [wanted, setWanted] = useState<'auto' | Level>('auto');
  const [progress, setProgress] = useState<Record<string, number>>({});
  const { ref, width, height } = useElementSize();
  const hosts = useHosts();
  const navigate = useNavigate();
  const counts = useMemo(() => (hosts.data ?? []).map(h => h.vmCount), [hosts.data]);
  const level = wanted !== 'auto' ? wanted : width > 0 && height > 0 ? levelFor(counts, { width, height }) : 'names';
  const vms = useQuery({ queryKey: ['vms', 'topology'], queryFn: ({ signal }) => allVms(signal), enabled: hosts.data !== undefined && level !== 'counts' });
  const moves = useQuery({ queryKey: ['migrations', 'moving'], queryFn: () => data(api.GET('/v1/migrations', { params: { query: { open: true, limit: mostMoves } } })) });
  useLiveEvents(event => {
    const { operationId, percent: share } = event.data as { operationId?: string; percent?: number };
    if (event.type === 'migration_progressed' && operationId && typeof share === 'number') {
      setProgress(known => ({ ...Object.fromEntries(Object.entries(known).slice(-mostMoves)), [operationId]: share }));
    }
  });

  // One listener for all VMs: a thousand links of the router would each be told of every step.
  const follow = (event: MouseEvent) => {
    const link = (event.target as Element).closest<HTMLAnchorElement>('a[data-vm]');
    if (link && event.button === 0 && !event.ctrlKey && !event.metaKey && !event.shiftKey && !event.altKey) {
      event.preventDefault();
      void navigate({ to: link.getAttribute('href')! });
    }
  };

  const open = moves.data?.items ?? [];
  const aspect = width > 0 && height > 0 ? width / height : 1.6;
  const nodes = useMemo(() => nodesOf(hosts.data ?? [], vms.data ?? [], level, aspect), [hosts.data, vms.data, level, aspect]);
  const positions = new Map(nodes.map(n => [n.id, n.position]));
  const edges: MoveEdgeData[] = open.map(m => ({
    id: m.id,
    type: 'move',
    source: m.sourceHostId,
    target: m.destinationHostId,
    ...handles(positions.get(m.sourceHostId), positions.get(m.destinationHostId), neighbourOf(level)),
    data: { vmName: open.length <= mostLabels ? m.vmName : undefined, phase: m.phase, percent: progress[m.id] ?? m.progress?.percent },
    zIndex: 5,
    focusable: false,
    selectable: false,
  }));

  return (
    <Page
      title="Topology"
      actions={
        <SegmentedControl size="xs" aria-label="What hosts show" data={[{ value: 'auto', label: 'Auto' }, { value: 'names', label: 'Names' }, { value: 'dots', label: 'Dots' }, { value: 'counts', label: 'Counts' }]} value={wanted} onChange={v => setWanted(v as typeof wanted)} />
      }
    >
      {hosts.error && <Failure error={hosts.error} what="The hosts cannot be read" retry={() => void hosts.refetch()} />}
      {vms.error && <Failure error={vms.error} what="The VMs cannot be read" retry={() => void vms.refetch()} />}
      {hosts.isPending && <Skeleton h={480} />}
      {hosts.data?.length === 0 && (
        <Empty title="No host has joined yet.">
          <PageLink to={'/welcome' as string}>How to add one</PageLink>
        </Empty>
      )}
      <div ref={ref} className="topology" style={{ height: 'max(420px, calc(100vh - 250px))', display: hosts.data && hosts.data.length > 0 ? undefined : 'none' }} data-level={level} onClick={follow}>
        {width > 0 && nodes.length > 0 && (
          <ReactFlow
            key={`${level}-${nodes.length}-${Math.round(width / 200)}-${Math.round(height / 150)}`}
            nodes={nodes}
            edges={edges}
            nodeTypes={nodeTypes}
            edgeTypes={edgeTypes}
            fitView
            fitViewOptions={{ padding: 0.06, maxZoom: 1 }}
            minZoom={0.1}
            maxZoom={2}
            onlyRenderVisibleElements={nodes.length > 200}
            nodesDraggable={false}
            nodesConnectable={false}
            elementsSelectable={false}
            proOptions={{ hideAttribution: true }}
            preventScrolling={width > 600}
            aria-label="Hosts and their VMs"
          >
            <Controls showInteractive={false} position="bottom-right" />
          </ReactFlow>
        )}
      </div>
      {level !== 'counts' && (
        <Group gap="md" fz="xs" c="dimmed" className="topology-legend" aria-label="What the dots mean" role="group">
          {(['Running', 'Paused', 'Off', 'Crashed'] as const).map(state => (
            <span key={state} className="topology-vm" data-state={state}>
              <span className="topology-dot" aria-hidden />
              {state === 'Paused' ? 'Paused or saved' : state}
            </span>
          ))}
          <span className="topology-vm" data-state="Running" data-moving>
            <span className="topology-dot" aria-hidden />
            On its way
          </span>
        </Group>
      )}
      <Panel title="On the way">
        {open.length === 0 ? (
          <Text size="sm" c="dimmed">
            No VM moves now.
          </Text>
        ) : (
          <Stack gap={4} role="status">
            {open.map(m => (
              <Group key={m.id} gap={6} fz="sm">
                <OperationLink id={m.id} kind="MigrateVm">
                  {m.vmName}
                </OperationLink>
                <Text size="sm">
                  <HostLink id={m.sourceHostId} name={m.sourceHostName} /> → <HostLink id={m.destinationHostId} name={m.destinationHostName} />
                </Text>
                <Text size="sm" c="dimmed" className="tabular">
                  {words(m.phase).toLowerCase()} {percent(progress[m.id] ?? m.progress?.percent)}
                </Text>
              </Group>
            ))}
          </Stack>
        )}
      </Panel>
    </Page>
  );
}

async function allVms(signal: AbortSignal): Promise<Placed[]> {
  const vms: Placed[] = [];
  let cursor: string | undefined;
  do {
    const page: Schema<'PageOfVmSummary'> = await data(api.GET('/v1/vms', { params: { query: { fields, limit: 5_000, cursor } as never }, signal }));
    vms.push(...page.items);
    cursor = page.nextCursor ?? undefined;
  } while (cursor);
  return vms;
}

function nodesOf(hosts: Schema<'HostView'>[], vms: Placed[], level: Level, aspect: number): HostNodeData[] {
  const sorted = hosts.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }));
  const of = new Map<string, ShownVm[]>();
  for (const vm of vms.toSorted((a, b) => a.name.localeCompare(b.name, undefined, { numeric: true }))) {
    const list = of.get(vm.hostId) ?? [];
    list.push({ id: vm.id, name: vm.name, state: vm.state, moving: !!vm.migrationId });
    of.set(vm.hostId, list);
  }

  // Room for what the host says it has, so that nothing jumps when the VMs arrive.
  const heights = sorted.map(h => heightOf(Math.max(h.vmCount, of.get(h.id)?.length ?? 0), level));
  const names = shortNames(sorted.map(h => h.name));
  const at = places(heights, aspect, level);
  return sorted.map((host, i) => ({
    id: host.id,
    type: 'host',
    position: at[i]!,
    // Known beforehand, so that the picture fits its window at once.
    width: looks[level].width,
    height: heights[i]!,
    data: { host, shortName: names[i]!, vms: of.get(host.id) ?? [], level },
    ariaLabel: `${host.name}: ${host.runningVmCount} of ${host.vmCount} VMs run`,
  }));
}
