import { Stack, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useCallback, useState } from 'react';
import { ApiProblem, newKey, type Schema } from '../api/client';
import { outcomes } from '../live/operationOutcomes';
import { ErrorDetails, ProblemText } from './Failure';
import { words } from './format';
import { OperationLink } from './links';

/** The headers of a command: its key, and why it is given. */
export interface CommandHeaders {
  'Idempotency-Key': string;
  'X-Reason'?: string;
}

/** Something to ask of the platform: `title` names the object ("Start VM web-1"), `send` posts it with the headers given. */
export interface Command<T> {
  title: string;
  send: (headers: CommandHeaders) => Promise<{ data?: T }>;
  reason?: string;
  /** What is said when it was accepted, for what is no operation with an end of its own; by default that it is done. */
  said?: string;
  /** The problem is shown by the caller (in a form); by default it is shown as a note. */
  quiet?: boolean;
}

const repeats = 3;

/**
 * Sends a command with an Idempotency-Key that is kept while it is repeated, so that a lost answer never makes it happen twice; shows that it was accepted, with a
 * link to its operation, and how that ended when the event stream says so. Answers what the server answered; undefined if it was refused.
 */
export async function send<T>(command: Command<T>): Promise<T | undefined> {
  try {
    const answer = await post(command);
    const operation = operationOf(answer);
    if (operation && command.said === undefined) {
      announce(command.title, operation);
    } else {
      notifications.show({ color: 'green', title: command.title, message: command.said ?? 'Done.' });
    }
    return answer;
  } catch (error) {
    if (command.quiet) {
      throw error;
    }

    notifications.show({ color: 'red', title: `${command.title}: not done`, message: <ProblemText error={error} />, autoClose: false, role: 'alert' });
    return undefined;
  }
}

/** {@link send} for a component: whether it is under way, and, for quiet commands, why the last was refused. */
export function useCommand() {
  const [busy, setBusy] = useState(false);
  const [problem, setProblem] = useState<unknown>();
  const run = useCallback(async <T,>(command: Command<T>): Promise<T | undefined> => {
    setBusy(true);
    setProblem(undefined);
    try {
      return await send(command);
    } catch (error) {
      setProblem(error);
      return undefined;
    } finally {
      setBusy(false);
    }
  }, []);
  return { run, busy, problem };
}

/** Sends many commands, four at a time, with one note for all: how many were accepted, how they ended, and each that was refused with its reason. */
export async function sendAll<T>(title: string, commands: readonly Command<T>[]): Promise<void> {
  const id = newKey();
  const refused: { title: string; error: unknown }[] = [];
  const failed: { title: string; operation: AcceptedOperation; error?: Parameters<typeof ErrorDetails>[0]['error'] | null }[] = [];
  let [accepted, succeeded] = [0, 0];
  const shown = () => {
    const open = accepted - succeeded - failed.length;
    const sent = accepted + refused.length;
    const over = sent === commands.length && open === 0;
    const trouble = refused.length + failed.length > 0;
    return {
      id,
      title: `${title}: ${commands.length} ${commands.length === 1 ? 'VM' : 'VMs'}`,
      color: trouble ? 'red' : over ? 'green' : 'cyan',
      loading: !over,
      autoClose: over && !trouble ? 6_000 : (false as const),
      message: (
        <Stack gap={2}>
          <Text size="sm">
            {sent < commands.length && `${sent} of ${commands.length} sent. `}
            {succeeded} done{open > 0 && `, ${open} under way`}
            {failed.length > 0 && `, ${failed.length} failed`}
            {refused.length > 0 && `, ${refused.length} refused`}.
          </Text>
          {[...refused, ...failed].slice(0, 5).map(r => (
            <Text size="xs" key={r.title}>
              {r.title}: {r.error instanceof Error ? r.error.message : ((r.error as { message?: string } | null)?.message ?? 'not done')}
            </Text>
          ))}
          {refused.length + failed.length > 5 && <Text size="xs">and {refused.length + failed.length - 5} more; see Operations.</Text>}
        </Stack>
      ),
    };
  };
  notifications.show(shown());
  const queue = [...commands];
  const worker = async () => {
    for (let command = queue.shift(); command; command = queue.shift()) {
      const { title: name } = command;
      try {
        const operation = operationOf(await post(command));
        accepted++;
        if (operation) {
          void outcomes.of(operation).then(end => {
            if (end.status === 'Succeeded') {
              succeeded++;
            } else {
              failed.push({ title: name, operation, error: end.error });
            }
            notifications.update(shown());
          });
        } else {
          succeeded++;
        }
      } catch (error) {
        refused.push({ title: name, error });
      }
      notifications.update(shown());
    }
  };
  await Promise.all([worker(), worker(), worker(), worker()]);
}

// Only what may never have reached the server, or says itself that it is to be repeated, is repeated: with the same key it happens at most once.
async function post<T>(command: Command<T>): Promise<T | undefined> {
  const headers: CommandHeaders = { 'Idempotency-Key': newKey(), ...(command.reason && { 'X-Reason': command.reason }) };
  for (let attempt = 1; ; attempt++) {
    try {
      return (await command.send(headers)).data;
    } catch (error) {
      const again = error instanceof ApiProblem ? error.status === 429 || error.problem.code === 'database-unavailable' : error instanceof TypeError;
      if (!again || attempt === repeats) {
        throw error;
      }

      const seconds = error instanceof ApiProblem ? (error.problem.retryAfterSeconds ?? attempt) : attempt;
      await new Promise(resolve => setTimeout(resolve, Math.min(seconds, 5) * 1_000));
    }
  }
}

type AcceptedOperation = Schema<'OperationView'>;

/** The operation that an answer is; undefined if it is something else (a host, an evacuation). */
const operationOf = (answer: unknown) => (answer && typeof answer === 'object' && 'kind' in answer && 'vmId' in answer && 'epoch' in answer ? (answer as unknown as AcceptedOperation) : undefined);

function announce(title: string, operation: AcceptedOperation) {
  const steps = (
    <OperationLink id={operation.id} kind={operation.kind}>
      Its steps
    </OperationLink>
  );
  const note = { id: operation.id, title: `${title}: accepted`, color: 'cyan', loading: true, autoClose: false as const, message: steps };
  notifications.show(note);
  void outcomes.of(operation).then(({ status, error }) =>
    notifications.update({
      ...note,
      title: `${title}: ${words(status).toLowerCase()}`,
      color: status === 'Succeeded' ? 'green' : status === 'Cancelled' || status === 'RolledBack' ? 'orange' : 'red',
      loading: false,
      autoClose: status === 'Succeeded' ? 5_000 : false,
      message: (
        <Stack gap={4}>
          {error && <ErrorDetails error={error} />}
          {steps}
        </Stack>
      ),
    }),
  );
}
