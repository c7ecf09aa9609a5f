import { api, data, type Schema } from '../api/client';
import type { EventStream } from './EventStream';

/** How an accepted operation ended. */
export interface Outcome {
  status: string;
  error?: Schema<'ErrorInfo'> | null;
}

const finals = new Set(['Succeeded', 'Failed', 'Cancelled', 'RolledBack']);
const remembered = 500;

/** Waits for the ends of operations: in the event stream, and by asking, because an end may come before the answer that accepted it, or while the stream is broken. */
export class OperationOutcomes {
  readonly #waiting = new Map<string, ((outcome: Outcome) => void)[]>();
  readonly #ended = new Map<string, Outcome>();

  /** Follows a stream; the answer ends it. */
  follow(stream: EventStream): () => void {
    const unsubscribe = stream.subscribe(event => {
      const id = event.streamId ?? (event.data.operationId as string | undefined);
      if (event.type === 'operation_ended' && id) {
        this.#end(id, { status: String(event.data.status), error: event.data.error as Outcome['error'] });
      }
    });
    let lost = false;
    const unwatch = stream.watch(state => {
      const back = state.phase === 'live' && lost;
      lost = state.phase === 'lost' || (lost && !back);
      if (back) {
        [...this.#waiting.keys()].forEach(id => void this.#ask(id));
      }
    });
    return () => {
      unsubscribe();
      unwatch();
    };
  }

  /** The end of an operation; it may be long in coming. */
  of(operation: Pick<Schema<'OperationView'>, 'id' | 'status' | 'error'>): Promise<Outcome> {
    const known = this.#ended.get(operation.id) ?? (finals.has(operation.status) ? operation : undefined);
    return known
      ? Promise.resolve(known)
      : new Promise(resolve => {
          this.#waiting.set(operation.id, [...(this.#waiting.get(operation.id) ?? []), resolve]);
        });
  }

  async #ask(id: string) {
    const operation = await data(api.GET('/v1/operations/{id}', { params: { path: { id } } })).catch(() => undefined);
    if (operation && finals.has(operation.status)) {
      this.#end(id, operation);
    }
  }

  #end(id: string, outcome: Outcome) {
    this.#ended.set(id, outcome);
    if (this.#ended.size > remembered) {
      this.#ended.delete(this.#ended.keys().next().value!);
    }

    this.#waiting.get(id)?.forEach(resolve => resolve(outcome));
    this.#waiting.delete(id);
  }
}

/** Those of this page. */
export const outcomes = new OperationOutcomes();
