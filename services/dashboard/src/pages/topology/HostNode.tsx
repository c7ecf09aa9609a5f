import { Badge, Group, Text, Tooltip } from '@mantine/core';
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import type { Schema } from '../../api/client';
import { mebibytes, words } from '../../shared/format';
import { HostLink, PageLink } from '../../shared/links';
import { memoryUsedMiB } from '../../shared/loads';
import { Meter } from '../../shared/Meter';
import { StateBadge } from '../../shared/StateBadge';
import { mostVmsInHost } from './layout';

export interface ShownVm {
  id: string;
  name: string;
  state: string;
  moving: boolean;
}

export type HostNodeData = Node<{ host: Schema<'HostView'>; vms: ShownVm[]; counts: boolean }, 'host'>;

const sides = [
  ['left', Position.Left],
  ['right', Position.Right],
  ['top', Position.Top],
  ['bottom', Position.Bottom],
] as const;

/** A host with its VMs, or with how many there are. */
export const HostNode = memo(function HostNode({ data: { host, vms, counts } }: NodeProps<HostNodeData>) {
  return (
    <div className="topology-host" data-status={host.status} data-host={host.name}>
      {sides.map(([side, position]) => (
        <Handle key={`to ${side}`} id={`to ${side}`} type="target" position={position} className="topology-handle" isConnectable={false} />
      ))}
      <Group justify="space-between" wrap="nowrap" gap={6} mb={4}>
        <Text size="sm" fw={600} truncate>
          <HostLink id={host.id} name={host.name} />
        </Text>
        {host.status !== 'Online' || host.maintenance ? (
          <StateBadge state={host.status === 'Online' ? 'Maintenance' : host.status} />
        ) : (
          <Text size="xs" c="dimmed" className="tabular">
            {host.runningVmCount}/{host.vmCount}
          </Text>
        )}
      </Group>
      <Meter used={memoryUsedMiB(host)} total={host.memoryMiB} format={mebibytes} label={`Memory of ${host.name}`} />
      {counts ? (
        <Group gap={4} mt="xs">
          <Badge variant="light" color="green" size="sm" tt="none">{`${host.runningVmCount} running`}</Badge>
          <Badge variant="light" color="gray" size="sm" tt="none">{`${host.vmCount - host.runningVmCount} not`}</Badge>
        </Group>
      ) : (
        <div className="topology-vms">
          {vms.slice(0, mostVmsInHost).map(vm => (
            <Tooltip key={vm.id} label={`${vm.name}: ${vm.moving ? 'on its way' : words(vm.state).toLowerCase()}`}>
              <PageLink to={`/vms/${vm.id}` as string} underline="never" fz={12} className="topology-vm" data-state={vm.state} data-moving={vm.moving || undefined} data-vm={vm.name}>
                <span className="topology-dot" aria-hidden />
                <span className="topology-name">{vm.name}</span>
              </PageLink>
            </Tooltip>
          ))}
          {vms.length > mostVmsInHost && (
            <PageLink to="/vms" search={{ host: host.name } as never} fz="xs">
              and {vms.length - mostVmsInHost} more
            </PageLink>
          )}
        </div>
      )}
      {sides.map(([side, position]) => (
        <Handle key={`from ${side}`} id={`from ${side}`} type="source" position={position} className="topology-handle" isConnectable={false} />
      ))}
    </div>
  );
});
