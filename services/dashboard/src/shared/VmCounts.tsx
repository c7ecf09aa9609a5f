import { Text } from '@mantine/core';
import type { Schema } from '../api/client';
import { PageLink } from './links';

/** How many of a host's VMs run, of how many; leads to the list of them. */
export function VmCounts({ host }: { host: Pick<Schema<'HostView'>, 'name' | 'runningVmCount' | 'vmCount'> }) {
  return (
    <PageLink to="/vms" search={{ host: host.name } as never} c="inherit" fz="sm">
      {host.runningVmCount}
      <Text span size="sm" c="dimmed">
        /{host.vmCount}
      </Text>
    </PageLink>
  );
}
