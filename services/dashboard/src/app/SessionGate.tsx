import { Center, Loader } from '@mantine/core';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useEffect } from 'react';
import { ApiProblem, signedOut } from '../api/client';
import { fetchMe, type Me, signIn, takeTokenFromAddress } from '../api/session';
import { SignInPage } from '../pages/signin/SignInPage';
import { Failure } from '../shared/Failure';

// At most once for each load of the page, also when React mounts twice in development.
let tokenExchange: Promise<void> | undefined;

async function loadMe(): Promise<Me> {
  const token = takeTokenFromAddress();
  if (token !== null) {
    tokenExchange = signIn(token);
  }

  await tokenExchange;
  return fetchMe();
}

/** The read of who is signed in. */
export const meQuery = { queryKey: ['me'], queryFn: loadMe, staleTime: Infinity, refetchInterval: false, retry: false } as const;

/** Shows the pages to whoever is signed in, and the sign-in page to everybody else. */
export function SessionGate({ children }: { children: ReactNode }) {
  const queries = useQueryClient();
  const me = useQuery(meQuery);
  useEffect(() => {
    signedOut.notify = () => void queries.invalidateQueries({ queryKey: ['me'] });
  }, [queries]);

  if (me.isPending) {
    return (
      <Center h="100vh">
        <Loader aria-label="Loading" />
      </Center>
    );
  }

  if (me.error instanceof ApiProblem && (me.error.status === 401 || me.error.status === 403)) {
    return (
      <SignInPage
        problem={tokenExchange ? me.error : undefined}
        onSignedIn={() => {
          tokenExchange = undefined;
          queries.clear();
          void queries.invalidateQueries({ queryKey: ['me'] });
        }}
      />
    );
  }

  if (me.error) {
    return (
      <Center h="100vh" p="md">
        <Failure error={me.error} what="The platform does not answer" retry={() => void me.refetch()} />
      </Center>
    );
  }

  return children;
}

/** Who is signed in. Inside {@link SessionGate} it is always known. */
export function useMe(): Me {
  return useQuery(meQuery).data!;
}
