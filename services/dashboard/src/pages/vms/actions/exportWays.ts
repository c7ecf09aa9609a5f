import { words } from '../../../shared/format';
import type { Vm } from '../vm/useVm';

/** How a VM's disks can be exported in the state it is in: with its memory or without, or why not at all. The server has the last word. */
export function fullExport({ state, hostKind }: Pick<Vm, 'state' | 'hostKind'>): { memory: boolean } | { why: string } {
  switch (state) {
    case 'Off':
      return { memory: false };
    case 'Saved':
      return hostKind === 'Libvirt' ? { why: 'a libvirt host cannot export the memory of a saved VM: start it and shut it down' } : { memory: true };
    case 'Running':
    case 'Paused':
      return hostKind === 'HyperV' ? { memory: true } : { why: 'its disks change while it runs: shut it down first' };
    default:
      return { why: `not while it is ${words(state).toLowerCase()}` };
  }
}
