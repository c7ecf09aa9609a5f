import { Button, Stack, Text } from '@mantine/core';
import { useMutation, useQueryClient } from '@tanstack/react-query';
import { api, data, newKey } from '../../api/client';
import { useDenied } from '../../shared/useMay';
import { ActionButton } from '../../shared/ActionButton';
import { CodeBlock } from '../../shared/CodeBlock';
import { Failure } from '../../shared/Failure';
import { instant } from '../../shared/format';
import { PageLink } from '../../shared/links';

/** Makes a one-use join token and shows the commands to run on the new host. */
export function JoinCommand({ kind }: { kind: 'libvirt' | 'hyperv' }) {
  const queries = useQueryClient();
  const why = useDenied('Admin');
  const make = useMutation({
    mutationFn: () => data(api.POST('/v1/join-tokens', { headers: { 'Idempotency-Key': newKey() }, body: { name: `${kind} host`, validForMinutes: 30 } })),
    onSuccess: () => queries.invalidateQueries({ queryKey: ['join-tokens'] }),
  });
  const token = make.data;
  return (
    <Stack gap="xs">
      {make.error && <Failure error={make.error} what="No join token was made" />}
      {token ? (
        <>
          <CodeBlock label={`Command that joins a ${kind === 'libvirt' ? 'libvirt' : 'Hyper-V'} host`}>{token.command}</CodeBlock>
          <Text size="xs" c="dimmed">
            The token joins one host, until {instant(token.expiresAt)}; it is shown only now. The host appears in <PageLink to={'/hosts' as string}>Hosts</PageLink> by itself, within seconds after its agent was started.
          </Text>
          <Button size="xs" variant="subtle" onClick={() => make.mutate()} loading={make.isPending}>
            Another token
          </Button>
        </>
      ) : (
        <ActionButton why={why} loading={make.isPending} onClick={() => make.mutate()} variant="filled" size="sm">
          Make a join command
        </ActionButton>
      )}
    </Stack>
  );
}
