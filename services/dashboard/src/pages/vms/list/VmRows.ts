import { ApiProblem, type Schema } from '../../../api/client';

export type VmRow = Pick<Schema<'VmSummary'>, 'id' | 'version' | 'name' | 'state' | 'hostId' | 'hostName' | 'vcpus' | 'memoryMiB' | 'missingSince' | 'duplicateRunning' | 'migrationId' | 'stale' | 'simulated'> &
  Partial<Pick<Schema<'VmSummary'>, 'details' | 'figures'>>;

export interface VmPage {
  items: VmRow[];
  nextCursor?: string | null;
}

export interface VmSource {
  /** A page of the list that `key` names. */
  list(key: string, limit: number, cursor: string | undefined, signal: AbortSignal): Promise<VmPage>;
  /** How many rows the list that `key` names has in all. */
  count(key: string, signal: AbortSignal): Promise<number>;
  /** One row as it is now; undefined if the VM is not there. */
  one(key: string, id: string, signal: AbortSignal): Promise<VmRow | undefined>;
}

export interface VmRowsState {
  /** The list these rows are of; not the one asked for while that has not answered. */
  key: string | undefined;
  rows: readonly VmRow[];
  /** How many rows the list has in all, also those not loaded; undefined while they are being counted. */
  total: number | undefined;
  /** The list asked for has not answered yet. */
  searching: boolean;
  error: unknown;
}

// More than any window shows at once.
export const firstPage = 100;
const largePage = 5_000;
/** So many rows that changed at once are read one by one; more are read with their pages. */
const fewRows = 20;
const gatherMs = 30;
const countAgainMs = 10_000;

/**
 * The rows of one list after another, loaded page by page as far as they are looked at, and counted. A new list replaces the old one only when its first page is here, so nothing flickers;
 * the request of a list that nobody wants any more is ended and its answer counts for nothing.
 */
export class VmRows {
  state: VmRowsState = { key: undefined, rows: [], total: undefined, searching: false, error: undefined };
  #wanted: string | undefined;
  #stop = new AbortController();
  #cursor: string | undefined;
  #needed = 0;
  #filling = false;
  #touched = new Set<string>();
  #timer: ReturnType<typeof setTimeout> | undefined;
  #reloadTimer: ReturnType<typeof setTimeout> | undefined;
  #reloadedAt = 0;
  readonly #watchers = new Set<() => void>();

  constructor(
    readonly source: VmSource,
    readonly now: () => number = Date.now,
  ) {}

  subscribe = (watcher: () => void) => {
    this.#watchers.add(watcher);
    return () => this.#watchers.delete(watcher);
  };

  snapshot = () => this.state;

  /** Shows another list. */
  show(key: string) {
    if (key !== this.#wanted) {
      this.#wanted = key;
      void this.#begin(key);
    }
  }

  /** Reads the list again, as far as it is loaded, and shows it when all is here. */
  reload() {
    if (this.#wanted !== undefined) {
      void this.#begin(this.#wanted, Math.max(this.state.key === this.#wanted ? this.state.rows.length : 0, firstPage));
    }
  }

  /** The row at this place of the list is looked at: loads pages until it is here. */
  need(index: number) {
    this.#needed = Math.max(this.#needed, index);
    void this.#fill();
  }

  /** A VM changed. Its row is read again; `arrangement` says that rows may have come, gone or changed places, for which the whole list is read again, seldom enough for its length. */
  touch(id: string, arrangement: boolean) {
    if (this.state.rows.some(r => r.id === id)) {
      this.#touched.add(id);
      this.#timer ??= setTimeout(() => void this.#readTouched(), gatherMs);
    }

    if (arrangement || this.#touched.size > fewRows) {
      const pause = this.state.rows.length > 1_000 ? 10_000 : 1_000;
      this.#reloadTimer ??= setTimeout(() => this.reload(), Math.max(200, this.#reloadedAt + pause - this.now()));
    }
  }

  close() {
    this.#stop.abort();
    clearTimeout(this.#timer);
    clearTimeout(this.#reloadTimer);
    this.#timer = this.#reloadTimer = this.#wanted = undefined;
  }

  async #begin(key: string, atLeast = 0) {
    this.#stop.abort();
    const stop = (this.#stop = new AbortController());
    clearTimeout(this.#reloadTimer);
    this.#reloadTimer = undefined;
    this.#reloadedAt = this.now();
    const quiet = this.state.key === key;
    this.#needed = quiet ? this.#needed : 0;
    this.#filling = false;
    this.#set({ searching: !quiet });
    try {
      const first = await this.source.list(key, atLeast > firstPage ? largePage : firstPage, undefined, stop.signal);
      let rows = first.items;
      let cursor = first.nextCursor ?? undefined;
      while (rows.length < atLeast && cursor && !stop.signal.aborted) {
        const page = await this.source.list(key, largePage, cursor, stop.signal);
        rows = append(rows, page.items);
        cursor = page.nextCursor ?? undefined;
      }

      if (!stop.signal.aborted) {
        this.#cursor = cursor;
        this.#set({ key, rows, total: !cursor ? rows.length : quiet ? this.state.total : undefined, searching: false, error: undefined });
        void this.#fill();
        // Counting tens of thousands takes longer than finding the first of them, so the rows do not wait for it.
        if (cursor) {
          void this.#count(key, stop.signal);
        }
      }
    } catch (error) {
      if (!stop.signal.aborted) {
        this.#set({ searching: false, error });
      }
    }
  }

  // Rows that cannot be counted are rows all the same: it is tried again a little later.
  async #count(key: string, signal: AbortSignal) {
    try {
      const total = await this.source.count(key, signal);
      if (!signal.aborted && this.#cursor) {
        this.#set({ total });
      }
    } catch {
      if (!signal.aborted) {
        setTimeout(() => !signal.aborted && this.#cursor && void this.#count(key, signal), countAgainMs);
      }
    }
  }

  async #fill() {
    const stop = this.#stop;
    if (this.#filling || this.state.key !== this.#wanted) {
      return;
    }

    this.#filling = true;
    try {
      while (!stop.signal.aborted && this.#cursor && this.#needed >= this.state.rows.length) {
        const page = await this.source.list(this.state.key!, largePage, this.#cursor, stop.signal);
        if (!stop.signal.aborted) {
          this.#cursor = page.nextCursor ?? undefined;
          const rows = append(this.state.rows, page.items);
          this.#set({ rows, total: this.#cursor ? this.state.total : rows.length, error: undefined });
        }
      }
    } catch (error) {
      if (!stop.signal.aborted) {
        // A cursor of another version of the server: from the beginning.
        if (error instanceof ApiProblem && error.status === 400) {
          this.reload();
        } else {
          this.#set({ error });
        }
      }
    } finally {
      if (stop === this.#stop) {
        this.#filling = false;
      }
    }
  }

  async #readTouched() {
    this.#timer = undefined;
    const ids = [...this.#touched].slice(0, fewRows);
    this.#touched.clear();
    const key = this.state.key!;
    const stop = this.#stop;
    const read = await Promise.all(ids.map(id => this.source.one(key, id, stop.signal).catch(() => undefined)));
    const news = new Map(read.flatMap(row => (row ? [[row.id, row]] : [])));
    if (news.size > 0 && this.state.key === key) {
      // An answer that was overtaken by a newer one counts for nothing.
      this.#set({
        rows: this.state.rows.map(row => {
          const read = news.get(row.id);
          return read && read.version >= row.version ? read : row;
        }),
      });
    }
  }

  #set(change: Partial<VmRowsState>) {
    this.state = { ...this.state, ...change };
    this.#watchers.forEach(w => w());
  }
}

// A VM that was renamed between two pages may come twice.
function append(rows: readonly VmRow[], more: VmRow[]): VmRow[] {
  const known = new Set(rows.map(r => r.id));
  return [...rows, ...more.filter(r => !known.has(r.id))];
}
