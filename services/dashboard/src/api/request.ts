import { ApiProblem, signedOut } from './client';

export interface RequestOptions {
  query?: Record<string, string | number | boolean | null | undefined>;
  body?: unknown;
  /** Idempotency-Key: one for each intent of the user. */
  key?: string;
}

/** A request by its path, for reads whose path is made at run time; same session, same errors as the typed client. */
export async function request<T>(method: 'GET' | 'POST' | 'PUT' | 'DELETE' | 'PATCH', path: string, { query = {}, body, key }: RequestOptions = {}): Promise<T> {
  const parameters = new URLSearchParams(Object.entries(query).flatMap(([name, value]) => (value === null || value === undefined || value === '' ? [] : [[name, String(value)]])));
  const response = await fetch(parameters.size > 0 ? `${path}?${parameters}` : path, {
    method,
    credentials: 'same-origin',
    headers: {
      ...(method !== 'GET' && { 'X-Requested-With': 'hv-dashboard' }),
      ...(body !== undefined && { 'Content-Type': 'application/json' }),
      ...(key && { 'Idempotency-Key': key }),
    },
    body: body === undefined ? undefined : JSON.stringify(body),
  });
  if (!response.ok) {
    if (response.status === 401) {
      signedOut.notify();
    }

    throw new ApiProblem(response.status, await response.json().catch(() => ({})));
  }

  const text = await response.text();
  return (text ? JSON.parse(text) : undefined) as T;
}
