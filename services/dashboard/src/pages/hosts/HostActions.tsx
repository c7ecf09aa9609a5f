import { IconDoorExit, IconPackageImport, IconPlugConnected, IconTool } from '@tabler/icons-react';
import { useQueryClient } from '@tanstack/react-query';
import { modals } from '@mantine/modals';
import { api, type Schema } from '../../api/client';
import { useDenied } from '../../shared/useMay';
import { ActionButton } from '../../shared/ActionButton';
import { confirm } from '../../shared/confirm';
import { openForm } from '../../shared/openForm';
import { useCommand } from '../../shared/useCommand';
import { EvacuationDialog } from './EvacuationDialog';
import { ImportForm } from './ImportForm';

/** Taking a host out of service and back. */
export function HostActions({ host }: { host: Schema<'HostView'> }) {
  const queries = useQueryClient();
  const why = useDenied('Operator');
  const { run, busy } = useCommand();
  const path = { id: host.id };
  const refresh = () => queries.invalidateQueries({ queryKey: ['host', host.id] });

  const enter = async () => {
    const reason = await confirm({
      title: `Put ${host.name} into maintenance?`,
      children: 'No VM is placed on it or moved to it any more. The VMs that are on it stay and go on running. It can be ended at any time.',
      action: 'Begin maintenance',
      destructive: false,
    });
    if (reason !== undefined) {
      await run({ title: `Maintenance of ${host.name}`, reason, send: headers => api.POST('/v1/hosts/{id}/maintenance', { params: { path, header: headers } }) });
      await refresh();
    }
  };
  const leave = async () => {
    await run({ title: `End of the maintenance of ${host.name}`, send: headers => api.DELETE('/v1/hosts/{id}/maintenance', { params: { path, header: headers } }) });
    await refresh();
  };

  return (
    <>
      {host.maintenance ? (
        <ActionButton why={why} leftSection={<IconPlugConnected size={15} />} loading={busy} onClick={() => void leave()}>
          End maintenance
        </ActionButton>
      ) : (
        <ActionButton why={why} leftSection={<IconTool size={15} />} loading={busy} onClick={() => void enter()}>
          Begin maintenance
        </ActionButton>
      )}
      <ActionButton
        why={why ?? (host.status !== 'Online' ? 'The host does not answer.' : host.maintenance ? 'The host is in maintenance: no VM is placed on it.' : host.facets.includes('export') ? undefined : 'Its driver cannot import (it lacks export).')}
        leftSection={<IconPackageImport size={15} />}
        onClick={() => openForm(`Import a VM on ${host.name}`, close => <ImportForm host={host} close={close} />, 'lg')}
      >
        Import a VM
      </ActionButton>
      <ActionButton
        why={why ?? (host.vmCount === 0 ? 'No VM is on this host.' : undefined)}
        leftSection={<IconDoorExit size={15} />}
        onClick={() => modals.open({ modalId: 'evacuate', title: `Empty ${host.name}`, size: 'xl', children: <EvacuationDialog host={host} close={() => modals.close('evacuate')} /> })}
      >
        Empty this host
      </ActionButton>
    </>
  );
}
