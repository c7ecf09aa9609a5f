import { Badge, Tooltip } from '@mantine/core';
import { useInterval } from '@mantine/hooks';
import { useEffect, useState } from 'react';
import { ago } from '../shared/format';
import { useLiveState } from './LiveProvider';

/** Says whether what is shown follows the platform, or since when it may be old. */
export function LiveBadge() {
  const state = useLiveState();
  const [now, setNow] = useState(Date.now());
  const clock = useInterval(() => setNow(Date.now()), 1_000);
  useEffect(() => {
    setNow(Date.now());
    if (state.phase !== 'live') {
      clock.start();
    }
    return clock.stop;
  }, [state.phase]);

  const label = state.phase === 'live' ? 'Live' : state.phase === 'connecting' ? 'Connecting' : `Stale since ${ago(new Date(state.since).toISOString(), now)}`;
  return (
    <Tooltip label={state.phase === 'live' ? 'Every change is shown as it happens.' : 'The connection is lost; what you see may be old. It is tried again by itself.'}>
      <Badge color={state.phase === 'live' ? 'green' : state.phase === 'lost' ? 'red' : 'gray'} variant={state.phase === 'lost' ? 'filled' : 'light'} role="status" data-live={state.phase} autoContrast>
        {label}
      </Badge>
    </Tooltip>
  );
}
