import { signedOut } from '../api/client';
import { readServerSentEvents } from './serverSentEvents';

/** One event of `GET /v1/events`. Transient ones (figures, progress) have no position. */
export interface LiveEvent {
  seq?: number;
  type: string;
  streamId?: string;
  at?: string;
  data: Record<string, unknown>;
}

export interface LiveState {
  phase: 'connecting' | 'live' | 'lost';
  /** Since when it is so, ms since 1970. While it is lost, the page shows what may be old. */
  since: number;
  /** How often the connection was lost so far. */
  losses: number;
}

// The server sends a heartbeat every 15 s; after three missed ones the connection counts as dead.
const silenceMs = 45_000;
const retryMs = 2_000;

/**
 * The platform's event stream, followed for as long as the page is open: it comes back after a loss with the position of the last event, so that no event of
 * the history is missed, and it notices a connection that is dead without an error. Unlike EventSource it takes events of every type and sees status codes.
 */
export class EventStream {
  state: LiveState = { phase: 'connecting', since: Date.now(), losses: 0 };
  #position: string | undefined;
  #stop: AbortController | undefined;
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  readonly #watchers = new Set<(state: LiveState) => void>();

  constructor(readonly url: string) {}

  open() {
    this.close();
    const stop = new AbortController();
    this.#stop = stop;
    void this.#follow(stop.signal);
  }

  close() {
    this.#stop?.abort();
    this.#stop = undefined;
  }

  subscribe(listener: (event: LiveEvent) => void): () => void {
    this.#listeners.add(listener);
    return () => this.#listeners.delete(listener);
  }

  watch(watcher: (state: LiveState) => void): () => void {
    this.#watchers.add(watcher);
    watcher(this.state);
    return () => this.#watchers.delete(watcher);
  }

  async #follow(signal: AbortSignal) {
    while (!signal.aborted) {
      await this.#readOnce(signal);
      if (!signal.aborted) {
        this.#enter('lost');
        await new Promise(resolve => setTimeout(resolve, retryMs));
      }
    }
  }

  async #readOnce(signal: AbortSignal) {
    const connection = new AbortController();
    const abort = () => connection.abort();
    signal.addEventListener('abort', abort);
    let silence = window.setTimeout(abort, silenceMs);
    try {
      const headers: Record<string, string> = { Accept: 'text/event-stream', ...(this.#position && { 'Last-Event-ID': this.#position }) };
      const response = await fetch(this.url, { headers, credentials: 'same-origin', cache: 'no-store', signal: connection.signal });
      if (!response.ok || !response.body) {
        if (response.status === 401) {
          signedOut.notify();
        } else if (response.status === 400) {
          // A position that this server does not know (its database is another one): begin anew.
          this.#position = undefined;
        }
        return;
      }

      for await (const message of readServerSentEvents(response.body, () => {
        window.clearTimeout(silence);
        silence = window.setTimeout(abort, silenceMs);
        this.#enter('live');
      })) {
        this.#position = message.id ?? this.#position;
        if (message.data) {
          this.#receive(message.event, message.data);
        }
      }
    } catch {
      // The network or the server went away: the caller waits and comes back.
    } finally {
      window.clearTimeout(silence);
      signal.removeEventListener('abort', abort);
    }
  }

  #enter(phase: LiveState['phase']) {
    if (phase !== this.state.phase) {
      this.state = { phase, since: Date.now(), losses: this.state.losses + (phase === 'lost' ? 1 : 0) };
      this.#watchers.forEach(w => w(this.state));
    }
  }

  #receive(type: string, text: string) {
    const body = JSON.parse(text) as Record<string, unknown>;
    const kept = typeof body.seq === 'number';
    const event: LiveEvent = kept
      ? { seq: body.seq as number, type, streamId: body.streamId as string, at: body.at as string, data: (body.data ?? {}) as Record<string, unknown> }
      : { type, data: body };
    this.#listeners.forEach(l => l(event));
  }
}
