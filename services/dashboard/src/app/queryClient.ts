import { QueryClient } from '@tanstack/react-query';
import { ApiProblem } from '../api/client';

/** Reads are kept fresh by the event stream (live/LiveProvider); the interval below is only the net beneath it. */
export const queryClient = new QueryClient({
  defaultOptions: {
    queries: {
      staleTime: 10_000,
      refetchInterval: 60_000,
      retry: (failures, error) => failures < 3 && !(error instanceof ApiProblem && error.status < 500),
      retryDelay: attempt => Math.min(500 * 2 ** attempt, 5_000),
    },
  },
});
