import type { LiveEvent } from './EventStream';

/**
 * Which reads an event makes old, by the first parts of their query keys. The convention of all pages: `['vms', …]` lists, `['vm', id, …]` one VM and what
 * belongs to it, likewise hosts/host, operations/operation, migrations/migration, evacuations/evacuation, alerts, `['fleet']`, `['events']`. A read of the past has a key that begins with `'past'` and is never old.
 */
export function invalidationsOf(event: LiveEvent): readonly (readonly unknown[])[] {
  const { type, data, streamId } = event;
  // Figures and progress: the pages that show them take them from the event itself.
  if (type === 'vm_sampled' || type === 'migration_progressed') {
    return [];
  }

  const keys: unknown[][] = [['fleet']];
  const text = (name: string) => (typeof data[name] === 'string' ? (data[name] as string) : undefined);
  const operation = text('operationId') ?? (type === 'operation_changed' ? text('id') : undefined) ?? (type.startsWith('operation_') ? streamId : undefined);
  if (operation) {
    keys.push(['operations'], ['operation', operation], ['migrations'], ['migration', operation], ['evacuations'], ['evacuation']);
  }

  const vm = text('vmId') ?? (type.startsWith('vm_') ? streamId : undefined);
  if (vm) {
    keys.push(['vms'], ['vm', vm]);
  }

  if (type.startsWith('host_')) {
    keys.push(['hosts'], ['host', text('hostId') ?? streamId]);
  } else if (type === 'vm_moved' || type === 'vm_state_changed') {
    keys.push(['hosts']);
  }

  if (type.startsWith('host_evacuation')) {
    keys.push(['evacuations'], ['evacuation']);
  }

  if (type.startsWith('alert_')) {
    keys.push(['alerts']);
  }

  return keys;
}
