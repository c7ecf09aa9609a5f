import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiProblem } from '../api/client';

/** What went wrong in the server's words, with its advice and its causes down to the native error, and a way to try again. */
export function Failure({ error, what, retry }: { error: unknown; what: string; retry?: () => void }) {
  const problem = error instanceof ApiProblem ? error : undefined;
  const causes = causesOf(problem?.problem.cause);
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title={what} role="alert" maw={900}>
      <Stack gap="xs">
        <Text size="sm">{error instanceof Error ? error.message : String(error)}</Text>
        {problem?.advice && <Text size="sm">{problem.advice}</Text>}
        {causes.map((cause, i) => (
          <Text size="sm" key={i} pl={16 * (i + 1)}>
            because: {cause.message} {cause.nativeCode && <Code>{`${cause.nativeCode}${cause.nativeMessage ? `: ${cause.nativeMessage}` : ''}`}</Code>}
          </Text>
        ))}
        <Group>
          {retry && (
            <Button size="xs" variant="default" onClick={retry}>
              Try again
            </Button>
          )}
          {problem?.problem.traceId && (
            <Text size="xs" c="dimmed">
              trace <Code>{problem.problem.traceId}</Code>
            </Text>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}

interface Cause {
  message?: string;
  nativeCode?: string | null;
  nativeMessage?: string | null;
  cause?: Cause | null;
}

function causesOf(cause: Cause | null | undefined): Cause[] {
  return cause ? [cause, ...causesOf(cause.cause)] : [];
}
