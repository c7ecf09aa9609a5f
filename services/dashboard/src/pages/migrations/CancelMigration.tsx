import { api } from '../../api/client';
import { ActionButton } from '../../shared/ActionButton';
import { confirm } from '../../shared/confirm';
import { send } from '../../shared/useCommand';
import { useDenied } from '../../shared/useMay';
import { isOpen, type Migration } from './progress';

/** Asks for a migration to be undone, after asking back. */
export function CancelMigration({ migration }: { migration: Migration }) {
  const denied = useDenied('Operator');
  const why = denied ?? (!isOpen(migration.status) ? 'It has ended.' : migration.cancelRequestedAt ? 'Cancelling has been asked for already.' : undefined);
  const cancel = async () => {
    const reason = await confirm({
      title: `Cancel the migration of ${migration.vmName}?`,
      action: 'Cancel the migration',
      children: `The transfer ends and the destination is cleaned; ${migration.vmName} stays on ${migration.sourceHostName ?? 'its source'}. If the switch to ${migration.destinationHostName ?? 'the destination'} has begun already, the migration is finished instead.`,
    });
    if (reason !== undefined) {
      await send({ title: `Cancel the migration of ${migration.vmName}`, reason, send: header => api.POST('/v1/migrations/{id}/cancel', { params: { path: { id: migration.id }, header } }) });
    }
  };
  return (
    <ActionButton why={why} color="red" variant="light" onClick={() => void cancel()}>
      Cancel
    </ActionButton>
  );
}
