import { useQueryClient } from '@tanstack/react-query';
import { createContext, type ReactNode, useContext, useEffect, useRef, useState } from 'react';
import { EventStream, type LiveEvent, type LiveState } from './EventStream';
import { invalidationsOf } from './invalidations';
import { outcomes } from './operationOutcomes';

const Context = createContext<EventStream | null>(null);

// Long enough to take the reads of a burst together, short enough not to be seen. While events come without a pause, the lists are read less often.
const gatherMs = 50;
const busyMs = 300;

/** One event stream for the whole page. What an event says has changed is read again; pages that want the events themselves use {@link useLiveEvents}. */
export function LiveProvider({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const [stream] = useState(() => new EventStream('/v1/events?live=true'));
  useEffect(() => {
    let waiting = new Map<string, readonly unknown[]>();
    let timer: number | undefined;
    let flushedAt = 0;
    const flush = () => {
      timer = undefined;
      flushedAt = Date.now();
      const keys = [...waiting.values()];
      waiting = new Map();
      keys.forEach(queryKey => void queries.invalidateQueries({ queryKey }));
    };
    const unsubscribe = stream.subscribe(event => {
      invalidationsOf(event).forEach(key => waiting.set(JSON.stringify(key), key));
      timer ??= window.setTimeout(flush, Date.now() - flushedAt < 2 * busyMs ? busyMs : gatherMs);
    });

    // Transient events of the gap are gone, and timers may have slept: read all that is shown again.
    const unwatch = stream.watch(state => {
      if (state.phase === 'live' && state.losses > 0) {
        void queries.invalidateQueries({ predicate: q => q.queryKey[0] !== 'past' });
      }
    });
    const unfollow = outcomes.follow(stream);
    stream.open();
    return () => {
      unfollow();
      unsubscribe();
      unwatch();
      stream.close();
      window.clearTimeout(timer);
    };
  }, [queries, stream]);
  return <Context.Provider value={stream}>{children}</Context.Provider>;
}

/** The stream itself, for its position. */
export const useEventStream = (): EventStream => useContext(Context)!;

/** Whether the page is live, and since when it is not. */
export function useLiveState(): LiveState {
  const stream = useContext(Context)!;
  const [state, setState] = useState(stream.state);
  useEffect(() => stream.watch(setState), [stream]);
  return state;
}

/** Calls the newest `listener` with every event while the component is shown. */
export function useLiveEvents(listener: (event: LiveEvent) => void) {
  const stream = useContext(Context)!;
  const newest = useRef(listener);
  useEffect(() => {
    newest.current = listener;
  });
  useEffect(() => stream.subscribe(event => newest.current(event)), [stream]);
}
