import { anonymous, data, type Schema } from './client';

/** Who is signed in. */
export type Me = Schema<'MeView'>;

export const fetchMe = () => data(anonymous.GET('/v1/me'));

/** How one may sign in. */
export const fetchSignInMethods = () => data(anonymous.GET('/v1/sign-in'));

/** Exchanges a token for a session cookie that scripts cannot read. */
export const signIn = async (token: string) => void (await anonymous.POST('/v1/session', { headers: { Authorization: `Bearer ${token}` } }));

export const signOut = async () => void (await anonymous.DELETE('/v1/session'));

const tokenInAddress = () => new URLSearchParams(location.hash.slice(1)).get('token');

/** Whether the address brings a token. */
export const takesToken = () => tokenInAddress() !== null;

/** The token that `./hv up` prints in the address (`#token=…`), taken out of the address bar and the browser's history at once. */
export function takeTokenFromAddress(): string | null {
  const token = tokenInAddress();
  if (token !== null) {
    history.replaceState(null, '', location.pathname + location.search);
  }

  return token;
}
