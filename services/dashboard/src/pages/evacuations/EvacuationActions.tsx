import { Checkbox, Stack, Text } from '@mantine/core';
import { IconPlayerPause, IconPlayerPlay, IconX } from '@tabler/icons-react';
import { useRef } from 'react';
import { api, type Schema } from '../../api/client';
import { ActionButton } from '../../shared/ActionButton';
import { confirm } from '../../shared/confirm';
import { send } from '../../shared/useCommand';
import { useDenied } from '../../shared/useMay';

/** Pause, go on, stop: of one host that is being emptied. Nothing once it has ended. */
export function EvacuationActions({ evacuation: e }: { evacuation: Schema<'EvacuationView'> }) {
  const denied = useDenied('Operator');
  const cancelMoves = useRef(false);
  const path = { id: e.id };
  if (e.endedAt) {
    return null;
  }

  const why = denied ?? (e.status === 'Cancelling' ? 'It is being stopped: it ends when the moves on their way have ended.' : undefined);
  const cancel = async () => {
    cancelMoves.current = false;
    const reason = await confirm({
      title: `Stop emptying ${e.hostName}?`,
      action: 'Stop emptying',
      children: (
        <Stack gap="xs">
          <Text size="sm">No further VM is moved; what has been moved stays where it is. The host stays in maintenance until you end that on its page.</Text>
          {e.moving > 0 && <Checkbox label={`Also undo the ${e.moving === 1 ? 'migration that is' : `${e.moving} migrations that are`} on the way`} onChange={event => (cancelMoves.current = event.currentTarget.checked)} />}
        </Stack>
      ),
    });
    if (reason !== undefined) {
      await send({ title: `Stop emptying ${e.hostName}`, reason, said: 'It ends when the moves on their way have ended.', send: header => api.POST('/v1/evacuations/{id}/cancel', { params: { path, header, query: { cancelMoves: cancelMoves.current } } }) });
    }
  };
  return (
    <>
      {e.status === 'Paused' ? (
        <ActionButton why={why} leftSection={<IconPlayerPlay size={14} />} onClick={() => void send({ title: `Go on emptying ${e.hostName}`, said: 'The next VMs are moved.', send: header => api.POST('/v1/evacuations/{id}/resume', { params: { path, header } }) })}>
          Go on
        </ActionButton>
      ) : (
        <ActionButton why={why} leftSection={<IconPlayerPause size={14} />} onClick={() => void send({ title: `Pause emptying ${e.hostName}`, said: 'No further VM is moved; what is on its way arrives.', send: header => api.POST('/v1/evacuations/{id}/pause', { params: { path, header } }) })}>
          Pause
        </ActionButton>
      )}
      <ActionButton why={why} color="red" variant="light" leftSection={<IconX size={14} />} onClick={() => void cancel()}>
        Stop
      </ActionButton>
    </>
  );
}
