import { Button, Group, Stack } from '@mantine/core';
import type { FormEvent, ReactNode } from 'react';
import { ProblemText } from './Failure';
import { type Command, useCommand } from './useCommand';

interface Props<T> {
  /** What is asked for when it is submitted. Its problem is shown in the form. */
  command: () => Command<T>;
  /** The button's label, a verb. */
  label: string;
  /** Whether all that is needed is there. */
  ready: boolean;
  close: () => void;
  /** Called with the answer after the form was closed. */
  done?: (answer: T) => void;
  children: ReactNode;
}

/** A form in a dialog that sends one command: it closes when the command was accepted, and shows why if it was not. */
export function CommandForm<T>({ command, label, ready, close, done, children }: Props<T>) {
  const { run, busy, problem } = useCommand();
  const submit = async (event: FormEvent) => {
    event.preventDefault();
    const answer = await run({ ...command(), quiet: true });
    if (answer !== undefined) {
      close();
      done?.(answer);
    }
  };
  return (
    <form onSubmit={e => void submit(e)}>
      <Stack>
        {children}
        {problem !== undefined && (
          <div role="alert">
            <ProblemText error={problem} />
          </div>
        )}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Back
          </Button>
          <Button type="submit" loading={busy} disabled={!ready}>
            {label}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
