import createClient, { type Middleware } from 'openapi-fetch';
import type { components, paths } from './schema';

/** A schema of the API by its name, for example `Schema<'VmSummary'>`. */
export type Schema<T extends keyof components['schemas']> = components['schemas'][T];

/** A problem document (RFC 9457) as an error: what, why, and what to do next in the server's words. */
export class ApiProblem extends Error {
  constructor(
    readonly status: number,
    readonly problem: Partial<Schema<'Problem'>>,
  ) {
    super(problem.detail ?? problem.title ?? `The server answered ${status}.`);
  }

  get advice() {
    return this.problem.advice ?? undefined;
  }
}

/** Called when the server says that nobody is signed in (any more). */
export const signedOut = { notify: () => {} };

const csrf: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') {
      request.headers.set('X-Requested-With', 'hv-dashboard');
    }
    return request;
  },
  async onResponse({ response }) {
    if (response.ok || response.status === 304) {
      return response;
    }

    if (response.status === 401) {
      signedOut.notify();
    }

    const problem = (await response.json().catch(() => ({}))) as Partial<Schema<'Problem'>>;
    throw new ApiProblem(response.status, problem);
  },
};

/** The typed client of the public API; every path and type comes from docs/openapi.json. */
export const api = createClient<paths>({ baseUrl: '', credentials: 'same-origin' });
api.use(csrf);

/** The body of an answer that is not a problem: `data(api.GET('/v1/vms', …))`. Problems are thrown as {@link ApiProblem}. */
export async function data<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** A fresh Idempotency-Key: one for each intent of the user, kept over repeats of the same request. */
export const newKey = () => crypto.randomUUID();
