import { api, type Schema } from '../../../api/client';
import { words } from '../../../shared/format';
import type { Command, CommandHeaders } from '../../../shared/useCommand';

type State = Schema<'VmState'>;
type Operation = Schema<'OperationView'>;

/** What can be done to a VM with no more than a click: its label, when it is possible, and how much it is asked about first. */
export interface VmAction {
  verb: 'start' | 'shutdown' | 'force-off' | 'pause' | 'resume' | 'reboot' | 'save' | 'reset' | 'hibernate' | 'delete';
  label: string;
  allowed: readonly State[];
  /** The facet of the host's driver it needs. */
  facet?: string;
  /** What it does to the guest, for those that are asked about first. */
  warning?: string;
  /** It cannot be taken back: the name has to be typed. */
  final?: boolean;
}

/** The states and facets are those of the server, which has the last word. */
export const vmActions: readonly VmAction[] = [
  { verb: 'start', label: 'Start', allowed: ['Off', 'Saved', 'Crashed'] },
  { verb: 'shutdown', label: 'Shut down', allowed: ['Running'], facet: 'power' },
  { verb: 'reboot', label: 'Reboot', allowed: ['Running'], facet: 'power' },
  { verb: 'pause', label: 'Pause', allowed: ['Running'], facet: 'power' },
  { verb: 'resume', label: 'Resume', allowed: ['Paused', 'Suspended'], facet: 'power' },
  { verb: 'save', label: 'Save state', allowed: ['Running', 'Paused'], facet: 'power-save' },
  { verb: 'hibernate', label: 'Hibernate', allowed: ['Running'], facet: 'power-hibernate' },
  { verb: 'reset', label: 'Reset', allowed: ['Running', 'Paused', 'Crashed'], facet: 'power-reset', warning: 'The guest is restarted at once, like with the reset button: what it has not written to its disks is lost.' },
  {
    verb: 'force-off', label: 'Force off', allowed: ['Running', 'Paused', 'ShuttingDown', 'Crashed', 'Suspended'],
    warning: 'The guest is switched off at once, like by pulling the plug: what it has not written to its disks is lost.',
  },
  { verb: 'delete', label: 'Delete', allowed: ['Off'], facet: 'definition', warning: 'Its definition is removed from the host. Its disks stay, and so does its history.', final: true },
];

/** The states in which settings, names and files can be changed. */
export const atRest: readonly State[] = ['Off', 'Running', 'Paused', 'Saved'];

export const actionOf = (verb: VmAction['verb']) => vmActions.find(a => a.verb === verb)!;

interface Subject {
  id: string;
  name: string;
  state: State;
  missingSince?: string | null;
  deletedAt?: string | null;
  migrationId?: string | null;
  operationId?: string | null;
  operationKind?: string | null;
}

/** Why an action that is allowed in some states cannot be done to a VM now; undefined if it can. */
export function hindrance(vm: Subject, label: string, allowed: readonly State[], facet?: string, facets?: readonly string[]): string | undefined {
  return vm.deletedAt
    ? 'The VM is deleted.'
    : vm.missingSince
      ? 'No host reports the VM any more.'
      : vm.migrationId
        ? 'The VM is being migrated.'
        : vm.operationId
          ? `${words(vm.operationKind ?? 'Another operation')} is under way.`
          : facet && facets && !facets.includes(facet)
            ? `Its host's driver cannot do this (it lacks ${facet}).`
            : allowed.includes(vm.state)
              ? undefined
              : `${label}: possible when it is ${allowed.map(s => words(s).toLowerCase()).join(' or ')}; it is ${words(vm.state).toLowerCase()}.`;
}

/** The command of an action on one VM. */
export function commandOf(action: VmAction, vm: Pick<Subject, 'id' | 'name'>, reason?: string): Command<Operation> {
  const path = { id: vm.id };
  const call = (header: CommandHeaders): Promise<{ data?: Operation }> =>
    action.verb === 'delete' ? api.DELETE('/v1/vms/{id}', { params: { path, header } }) : api.POST(`/v1/vms/{id}/${action.verb}`, { params: { path, header } });
  return { title: `${action.label} ${vm.name}`, send: call, reason };
}
