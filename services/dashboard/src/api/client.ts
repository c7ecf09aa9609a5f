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

/** The answer itself, unless it is a problem: that is thrown as an {@link ApiProblem}. The one place where an answer's status is judged. */
export async function unlessProblem(response: Response): Promise<Response> {
  if (response.ok || response.status === 304) {
    return response;
  }

  throw new ApiProblem(response.status, (await response.json().catch(() => ({}))) as Partial<Schema<'Problem'>>);
}

const everyCall: Middleware = {
  onRequest({ request }) {
    if (request.method !== 'GET') {
      request.headers.set('X-Requested-With', 'hv-dashboard');
    }
    return request;
  },
  onResponse: ({ response }) => unlessProblem(response),
};

const watchSession: Middleware = {
  onResponse({ response }) {
    if (response.status === 401) {
      signedOut.notify();
    }
  },
};

const options = { baseUrl: '', credentials: 'same-origin' } as const;

/** The client of what happens before somebody is signed in: there a 401 is an answer, not the end of a session. */
export const anonymous = createClient<paths>(options);
anonymous.use(everyCall);

/** The typed client of the public API; every path and type comes from docs/openapi.json. */
export const api = createClient<paths>(options);
// Answers pass them from the last to the first.
api.use(everyCall, watchSession);

/** The body of an answer that is not a problem: `data(api.GET('/v1/vms', …))`. Problems are thrown as {@link ApiProblem}. */
export async function data<T>(call: Promise<{ data?: T }>): Promise<T> {
  return (await call).data as T;
}

/** A fresh Idempotency-Key: one for each intent of the user, kept over repeats of the same request. */
export const newKey = () => crypto.randomUUID();
