import type { Schema } from '../../../api/client';

/** What the drivers that change settings differ in, as their refusals say it. */
interface DeviceLimits {
  /** Why a disk cannot be resized. */
  resize?: string;
  /** Why an adapter cannot be changed. */
  changeAdapter?: string;
  /** An adapter may be in a VLAN, and may be connected to nothing. */
  vlan: boolean;
  /** The controller a disk is attached to can be chosen. */
  controller: boolean;
}

export const deviceLimits = (kind: Schema<'HypervisorKind'> | null | undefined): DeviceLimits =>
  kind === 'Libvirt'
    ? {
        resize: 'A libvirt host does not resize disks from here: use virsh blockresize on the host.',
        changeAdapter: 'A libvirt host does not change adapters: remove it and add another.',
        vlan: false,
        controller: false,
      }
    : { vlan: true, controller: kind === 'HyperV' };
