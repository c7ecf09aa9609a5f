import { Group, Progress, Text } from '@mantine/core';
import { Handle, type Node, type NodeProps, Position } from '@xyflow/react';
import { memo } from 'react';
import type { Schema } from '../../api/client';
import { mebibytes, words } from '../../shared/format';
import { HostLink, PageLink } from '../../shared/links';
import { memoryUsedMiB } from '../../shared/loads';
import { Meter } from '../../shared/Meter';
import { StateBadge } from '../../shared/StateBadge';
import { type Level, looks } from './layout';

export interface ShownVm {
  id: string;
  name: string;
  state: string;
  moving: boolean;
}

export type HostNodeData = Node<{ host: Schema<'HostView'>; shortName: string; vms: ShownVm[]; level: Level }, 'host'>;

const sides = [
  ['left', Position.Left],
  ['right', Position.Right],
  ['top', Position.Top],
  ['bottom', Position.Bottom],
] as const;

/** A host with its VMs by name, as dots, or with how many there are. */
export const HostNode = memo(
  function HostNode({ data: { host, shortName, vms, level } }: NodeProps<HostNodeData>) {
    const { most, width } = looks[level];
    return (
      <div className="topology-host" data-status={host.status} data-host={host.name} data-level={level} style={{ width }}>
        {sides.map(([side, position]) => (
          <Handle key={`to ${side}`} id={`to ${side}`} type="target" position={position} className="topology-handle" isConnectable={false} />
        ))}
        <Group justify="space-between" wrap="nowrap" gap={6} mb={4}>
          <Text size="sm" fw={600} truncate title={host.name}>
            <HostLink id={host.id} name={shortName} />
          </Text>
          {level === 'names' &&
            (stateWords(host) ? (
              <StateBadge state={host.status === 'Online' ? 'Maintenance' : host.status} />
            ) : (
              <Text size="xs" c="dimmed" className="tabular">
                {host.runningVmCount}/{host.vmCount}
              </Text>
            ))}
        </Group>
        {level === 'names' ? <Meter used={memoryUsedMiB(host)} total={host.memoryMiB} format={mebibytes} label={`Memory of ${host.name}`} /> : <Memory host={host} />}
        {level === 'counts' && (
          <Text size="xs" c="dimmed" mt={4} truncate>
            {stateWords(host) ?? `${host.runningVmCount} of ${host.vmCount} run`}
          </Text>
        )}
        {level !== 'counts' && vms.length > 0 && (
          <div className={`topology-${level}`}>
            {vms.slice(0, most).map(vm => (
              // A click is taken by the picture (one for all); the keyboard reaches dots by their host's page.
              <a key={vm.id} href={`/vms/${vm.id}`} title={wordsOf(vm)} aria-label={level === 'dots' ? wordsOf(vm) : undefined} tabIndex={level === 'dots' ? -1 : undefined} className="topology-vm" data-state={vm.state} data-moving={vm.moving || undefined} data-vm={vm.name}>
                <span className="topology-dot" aria-hidden />
                {level === 'names' && <span className="topology-name">{vm.name}</span>}
              </a>
            ))}
          </div>
        )}
        {level !== 'counts' && vms.length > most && (
          <PageLink to="/vms" search={{ host: host.name } as never} fz="xs">
            and {vms.length - most} more
          </PageLink>
        )}
        {sides.map(([side, position]) => (
          <Handle key={`from ${side}`} id={`from ${side}`} type="source" position={position} className="topology-handle" isConnectable={false} />
        ))}
      </div>
    );
  },
  (a, b) => a.data.host === b.data.host && a.data.shortName === b.data.shortName && a.data.level === b.data.level && a.data.vms.length === b.data.vms.length && a.data.vms.every((vm, i) => same(vm, b.data.vms[i]!)),
);

const same = (a: ShownVm, b: ShownVm) => a.id === b.id && a.name === b.name && a.state === b.state && a.moving === b.moving;

const wordsOf = (vm: ShownVm) => `${vm.name}: ${vm.moving ? 'on its way' : words(vm.state).toLowerCase()}`;

/** What keeps a host from taking VMs; undefined if nothing does. */
const stateWords = (host: Schema<'HostView'>) => (host.status !== 'Online' ? words(host.status).toLowerCase() : host.maintenance ? 'in maintenance' : undefined);

function Memory({ host }: { host: Schema<'HostView'> }) {
  const share = Math.min(100, (100 * memoryUsedMiB(host)) / Math.max(1, host.memoryMiB));
  const said = `Memory of ${host.name}: ${share.toFixed(0)} %${stateWords(host) ? `, ${stateWords(host)}` : ''}`;
  return <Progress size={5} value={share} color={share >= 95 ? 'red' : share >= 85 ? 'orange' : 'cyan'} aria-label={said} title={said} />;
}
