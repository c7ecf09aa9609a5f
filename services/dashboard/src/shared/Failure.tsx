import { Alert, Button, Code, Group, Stack, Text } from '@mantine/core';
import { IconAlertTriangle } from '@tabler/icons-react';
import { ApiProblem, type Schema } from '../api/client';

/** What went wrong in the server's words, with its advice and its causes down to the native error, and a way to try again. */
export function Failure({ error, what, retry }: { error: unknown; what: string; retry?: () => void }) {
  const traceId = error instanceof ApiProblem ? error.problem.traceId : undefined;
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title={what} role="alert" maw={900}>
      <Stack gap="xs">
        <ProblemText error={error} />
        <Group>
          {retry && (
            <Button size="xs" variant="default" onClick={retry}>
              Try again
            </Button>
          )}
          {traceId && (
            <Text size="xs" c="dimmed">
              trace <Code>{traceId}</Code>
            </Text>
          )}
        </Group>
      </Stack>
    </Alert>
  );
}

/** An error's message, the members it is about, advice and causes. */
export function ProblemText({ error }: { error: unknown }) {
  const problem = error instanceof ApiProblem ? error.problem : undefined;
  return (
    <Stack gap={4} style={{ overflowWrap: 'anywhere' }}>
      <Text size="sm">{error instanceof Error ? error.message : String(error)}</Text>
      {Object.entries(problem?.errors ?? {}).map(([field, found]) => (
        <Text size="sm" key={field}>
          <Code>{field}</Code> {found.join(', ')}
        </Text>
      ))}
      {problem?.advice && (
        <Text size="sm">
          <b>What to do:</b> {problem.advice}
        </Text>
      )}
      <Causes error={problem?.cause} />
    </Stack>
  );
}

/** An error of the platform or a host: message, native code, advice, and what caused it, each a step further in. */
export function ErrorDetails({ error }: { error: Schema<'ErrorInfo'> }) {
  return (
    <Stack gap={4} style={{ overflowWrap: 'anywhere' }}>
      <Text size="sm">
        {error.message} <Native error={error} />
      </Text>
      {error.advice && (
        <Text size="sm" c="dimmed">
          {error.advice}
        </Text>
      )}
      <Causes error={error.cause} />
    </Stack>
  );
}

function Causes({ error }: { error: Schema<'ErrorInfo'> | null | undefined }) {
  return causesOf(error).map((cause, i) => (
    <Text size="sm" key={i} pl={16 * (i + 1)}>
      because: {cause.message} <Native error={cause} />
    </Text>
  ));
}

function Native({ error }: { error: Schema<'ErrorInfo'> }) {
  return error.nativeCode && <Code>{`${error.nativeCode}${error.nativeMessage ? `: ${error.nativeMessage}` : ''}`}</Code>;
}

function causesOf(cause: Schema<'ErrorInfo'> | null | undefined): Schema<'ErrorInfo'>[] {
  return cause ? [cause, ...causesOf(cause.cause)] : [];
}
