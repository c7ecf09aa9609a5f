import { takesToken } from '../api/session';
import { readEarly } from '../pages/vms/list/vmSource';
import { queryClient } from './queryClient';
import { router } from './routes';
import { meQuery } from './SessionGate';

/** Asks at once for all that the first page waits for: who is signed in, the page's code and, of the longest list, the first rows. One after another they would add up. */
export function fetchEarly() {
  // Whoever comes with a token is not signed in before it is exchanged.
  const comesWithToken = takesToken();
  void queryClient.prefetchQuery(meQuery);
  const { pathname, search } = router.latestLocation;
  // What fails here fails again, and is shown, when the page asks for it.
  if (pathname === '/vms' && !comesWithToken) {
    readEarly(search).catch(() => {});
  }

  router.preloadRoute({ to: pathname as string }).catch(() => {});
}
