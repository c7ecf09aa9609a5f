import { signedOut } from '../api/client';
import { readServerSentEvents, type ServerSentEvent } from './serverSentEvents';
import { TabChannel } from './TabChannel';

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
 *
 * A browser opens six connections to a server over HTTP/1.1, for all its tabs together, so the tabs share one stream: the tab that holds the lock reads it and
 * passes everything on ({@link TabChannel}). When that tab is closed, the next one gets the lock and goes on after the last position it was told.
 */
export class EventStream {
  state: LiveState = { phase: 'connecting', since: Date.now(), losses: 0 };
  #position: string | undefined;
  #stop: AbortController | undefined;
  #hurry = () => {};
  #tabs: TabChannel | undefined;
  readonly #listeners = new Set<(event: LiveEvent) => void>();
  readonly #watchers = new Set<(state: LiveState) => void>();

  constructor(readonly url: string) {}

  /** The position of the newest event that was told; undefined until the server has told one. */
  get position(): number | undefined {
    return this.#position === undefined ? undefined : Number(this.#position);
  }

  open() {
    this.close();
    const stop = new AbortController();
    this.#stop = stop;
    const tabs = new TabChannel(stop.signal, {
      message: message => this.#take(message),
      state: state => this.#enter(state.phase, state.since),
      asked: () => {
        tabs.sendState(this.state);
        tabs.send({ id: this.#position, event: 'message', data: '' });
      },
      hurry: () => this.#hurry(),
    });
    this.#tabs = tabs;
    window.addEventListener('online', () => this.#hurry(), { signal: stop.signal });
    void tabs.lead(() => this.#follow(stop.signal));
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
        this.#lead('lost');
        await new Promise<void>(resolve => {
          this.#hurry = resolve;
          setTimeout(resolve, retryMs);
        });
      }
    }
  }

  async #readOnce(signal: AbortSignal) {
    const connection = new AbortController();
    const abort = () => connection.abort();
    signal.addEventListener('abort', abort);
    window.addEventListener('offline', abort, { signal: connection.signal });
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
        this.#lead('live');
      })) {
        this.#take(message);
        this.#tabs?.send(message);
      }
    } catch {
      // The network or the server went away: the caller waits and comes back.
    } finally {
      abort();
      window.clearTimeout(silence);
      signal.removeEventListener('abort', abort);
    }
  }

  #lead(phase: LiveState['phase']) {
    if (this.#enter(phase, Date.now())) {
      this.#tabs?.sendState(this.state);
    }
  }

  #enter(phase: LiveState['phase'], since: number): boolean {
    const entered = phase !== this.state.phase;
    if (entered) {
      this.state = { phase, since, losses: this.state.losses + (phase === 'lost' ? 1 : 0) };
      this.#watchers.forEach(w => w(this.state));
    }

    return entered;
  }

  #take({ id, event, data }: ServerSentEvent) {
    // After a change of the reading tab the first events may come twice.
    const old = id !== undefined && data !== '' && Number(id) <= Number(this.#position ?? -1);
    this.#position = id ?? this.#position;
    if (!data || old) {
      return;
    }

    const body = JSON.parse(data) as Record<string, unknown>;
    const kept = typeof body.seq === 'number';
    const live: LiveEvent = kept
      ? { seq: body.seq as number, type: event, streamId: body.streamId as string, at: body.at as string, data: (body.data ?? {}) as Record<string, unknown> }
      : { type: event, data: body };
    this.#listeners.forEach(l => l(live));
  }
}
