import { type Schema, unlessProblem } from '../../api/client';
import { readServerSentEvents } from '../../live/serverSentEvents';
import type { ShownEvent } from '../../shared/EventList';
import { type FeedFilter, passes } from './eventFilter';

// After what it has, the stream only waits for what happens next.
const silenceMs = 1_000;

/** The events of the last `reach` positions up to `end`, oldest first. */
export async function readBack(end: number, reach: number, filter: FeedFilter, signal: AbortSignal): Promise<ShownEvent[]> {
  const query = new URLSearchParams({ after: String(Math.max(0, end - reach)), ...(filter.vm && { vm: filter.vm }), ...(filter.host && { host: filter.host }) });
  const stop = new AbortController();
  signal.addEventListener('abort', () => stop.abort());
  const response = await unlessProblem(await fetch(`/v1/events?${query}`, { headers: { Accept: 'text/event-stream' }, credentials: 'same-origin', cache: 'no-store', signal: stop.signal }));
  const events: ShownEvent[] = [];
  let silence = window.setTimeout(() => stop.abort(), silenceMs);
  try {
    for await (const message of readServerSentEvents(response.body!, () => {
      window.clearTimeout(silence);
      silence = window.setTimeout(() => stop.abort(), silenceMs);
    })) {
      if (message.data) {
        const { seq, streamId, at, data } = JSON.parse(message.data) as Schema<'HistoryEvent'>;
        const event: ShownEvent = { seq, type: message.event, streamId, at, data };
        if (passes(event, filter)) {
          events.push(event);
        }
      }
      if (Number(message.id) >= end) {
        break;
      }
    }
  } catch (error) {
    if (signal.aborted || !stop.signal.aborted) {
      throw error;
    }
  } finally {
    window.clearTimeout(silence);
    stop.abort();
  }

  return events;
}
