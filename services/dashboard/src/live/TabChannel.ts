import type { LiveState } from './EventStream';
import type { ServerSentEvent } from './serverSentEvents';

type Note = { kind: 'message'; message: ServerSentEvent } | { kind: 'state'; state: LiveState } | { kind: 'ask' } | { kind: 'hurry' };

interface Heard {
  /** The reading tab passes a message of the stream on. */
  message: (message: ServerSentEvent) => void;
  /** The reading tab says how its connection is. */
  state: (state: LiveState) => void;
  /** Told to the reading tab only: another tab was opened and wants to know the state. */
  asked: () => void;
  /** Told to the reading tab only: another tab, perhaps the one that is looked at, cannot wait. */
  hurry: () => void;
}

const name = 'hv-events';
const hurryMs = 2_000;

/** How the tabs of one browser share one event stream. Without the browser's locks (they need https or localhost) each tab reads for itself. */
export class TabChannel {
  readonly #channel: BroadcastChannel | undefined;
  readonly #signal: AbortSignal;
  #leads = false;

  constructor(signal: AbortSignal, heard: Heard) {
    this.#signal = signal;
    if (!('locks' in navigator)) {
      return;
    }

    const channel = new BroadcastChannel(name);
    this.#channel = channel;
    let lost = false;
    channel.onmessage = (e: MessageEvent<Note>) => {
      const note = e.data;
      if (this.#leads) {
        // A hidden tab's timers sleep for up to a minute, its messages do not.
        if (note.kind === 'ask') {
          heard.asked();
        } else if (note.kind === 'hurry') {
          heard.hurry();
        }
      } else if (note.kind === 'message') {
        heard.message(note.message);
      } else if (note.kind === 'state') {
        lost = note.state.phase === 'lost';
        heard.state(note.state);
      }
    };
    channel.postMessage({ kind: 'ask' } satisfies Note);
    const timer = window.setInterval(() => lost && !this.#leads && channel.postMessage({ kind: 'hurry' } satisfies Note), hurryMs);
    signal.addEventListener('abort', () => {
      window.clearInterval(timer);
      channel.close();
    });
  }

  /** Calls `read` once this tab is the one that reads; it keeps that until `read` ends or the tab is closed. */
  async lead(read: () => Promise<void>): Promise<void> {
    const begin = async () => {
      this.#leads = true;
      await read();
    };
    await (this.#channel ? navigator.locks.request(name, { signal: this.#signal }, begin).catch(() => {}) : begin());
  }

  send(message: ServerSentEvent) {
    this.#post({ kind: 'message', message });
  }

  sendState(state: LiveState) {
    this.#post({ kind: 'state', state });
  }

  #post(note: Note) {
    if (!this.#signal.aborted) {
      this.#channel?.postMessage(note);
    }
  }
}
