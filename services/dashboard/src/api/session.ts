import { ApiProblem } from './client';

/** Who is signed in, as `GET /v1/me` says it. */
export interface Me {
  name: string;
  kind: 'Local' | 'Token' | 'Person';
  roles: { group: string; role: 'Viewer' | 'Operator' | 'Admin' }[];
  expiresAt?: string;
}

/** How one may sign in, as `GET /v1/sign-in` says it. */
export interface SignInMethods {
  methods: string[];
  issuer?: string;
}

async function read<T>(response: Response): Promise<T> {
  if (!response.ok) {
    throw new ApiProblem(response.status, await response.json().catch(() => ({})));
  }

  return (await response.json()) as T;
}

export const fetchMe = async () => read<Me>(await fetch('/v1/me', { credentials: 'same-origin' }));

export const fetchSignInMethods = async () => read<SignInMethods>(await fetch('/v1/sign-in'));

/** Exchanges a token for a session cookie that scripts cannot read. */
export async function signIn(token: string): Promise<void> {
  const response = await fetch('/v1/session', { method: 'POST', headers: { Authorization: `Bearer ${token}`, 'X-Requested-With': 'hv-dashboard' } });
  if (!response.ok) {
    throw new ApiProblem(response.status, await response.json().catch(() => ({})));
  }
}

export async function signOut(): Promise<void> {
  await fetch('/v1/session', { method: 'DELETE', headers: { 'X-Requested-With': 'hv-dashboard' } });
}

/** The token that `./hv up` prints in the address (`#token=…`), taken out of the address bar and the browser's history at once. */
export function takeTokenFromAddress(): string | null {
  const token = new URLSearchParams(location.hash.slice(1)).get('token');
  if (token !== null) {
    history.replaceState(null, '', location.pathname + location.search);
  }

  return token;
}
