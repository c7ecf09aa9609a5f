import { Alert, Button, Card, Center, Code, PasswordInput, Stack, Text, Title } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import type { ApiProblem } from '../../api/client';
import { fetchSignInMethods, signIn } from '../../api/session';

/** Sign in with a token, or at the organisation's own sign-in page where one is configured. */
export function SignInPage({ problem, onSignedIn }: { problem?: ApiProblem; onSignedIn: () => void }) {
  const [token, setToken] = useState('');
  const [error, setError] = useState<string | undefined>(problem?.message);
  const [busy, setBusy] = useState(false);
  const methods = useQuery({ queryKey: ['sign-in'], queryFn: fetchSignInMethods, retry: false, refetchInterval: false });

  const submit = async (event: FormEvent) => {
    event.preventDefault();
    setBusy(true);
    try {
      await signIn(token.trim());
      onSignedIn();
    } catch (e) {
      setError((e as Error).message);
    } finally {
      setBusy(false);
    }
  };

  return (
    <Center mih="100vh" p="md" component="main">
      <Card withBorder w={420} maw="100%" padding="xl">
        <form onSubmit={e => void submit(e)}>
          <Stack>
            <Title order={1} size="h3">
              HvPlatform
            </Title>
            {error && (
              <Alert color="red" title="Not signed in" role="alert">
                {error}
              </Alert>
            )}
            <PasswordInput label="Access token" autoComplete="current-password" value={token} onChange={e => setToken(e.currentTarget.value)} data-autofocus autoFocus required />
            <Button type="submit" loading={busy}>
              Sign in
            </Button>
            {methods.data?.methods.includes('oidc') && (
              <Button component="a" href={`/v1/sign-in/start?returnTo=${encodeURIComponent(location.pathname)}`} variant="default">
                Sign in at {methods.data.issuer}
              </Button>
            )}
            <Text size="sm" c="dimmed">
              On the machine that runs the platform, <Code>./hv up</Code> prints an address that signs you in; the token is kept in the file <Code>access-token</Code> of its data directory. Everybody else gets a token
              from an administrator.
            </Text>
          </Stack>
        </form>
      </Card>
    </Center>
  );
}
