import { Page } from '../../shared/Page';
import { useHosts } from '../../shared/links';
import { FirstSteps } from './FirstSteps';

/** What to do next with a new platform. */
export function WelcomePage() {
  const hosts = useHosts();
  return (
    <Page title="First steps">
      <FirstSteps fleet={hosts.data?.length === 0 ? 'empty' : hosts.data?.every(h => h.simulated) ? 'simulated' : 'real'} />
    </Page>
  );
}
