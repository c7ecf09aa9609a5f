import { Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { modals } from '@mantine/modals';
import { type FormEvent, type ReactNode, useState } from 'react';

interface Question {
  /** What is about to happen, with the name of what it happens to: "Delete VM web-1?". */
  title: string;
  /** What it means. */
  children: ReactNode;
  /** The button's label, a verb: "Delete". */
  action: string;
  /** For what cannot be undone: this name has to be typed. */
  name?: string;
  /** Without it the button is not red. */
  destructive?: boolean;
  /** False for what has no history that a reason could be kept in. */
  reason?: boolean;
}

/** Asks before something is done. Answers the reason the user gave (may be empty), or undefined if they would rather not. */
export function confirm(question: Question): Promise<string | undefined> {
  return new Promise(resolve => {
    const id = modals.open({
      title: question.title,
      onClose: () => resolve(undefined),
      children: (
        <Body
          {...question}
          done={reason => {
            resolve(reason);
            modals.close(id);
          }}
        />
      ),
    });
  });
}

function Body({ children, action, name, destructive = true, reason: asksReason = true, done }: Question & { done: (reason: string | undefined) => void }) {
  const [typed, setTyped] = useState('');
  const [reason, setReason] = useState('');
  const submit = (event: FormEvent) => {
    event.preventDefault();
    done(reason.trim());
  };
  return (
    <form onSubmit={submit}>
      <Stack>
        <Text size="sm" component="div">
          {children}
        </Text>
        {name && <TextInput label={`Type ${name} to confirm`} value={typed} onChange={e => setTyped(e.currentTarget.value)} data-autofocus autoComplete="off" />}
        {asksReason && <TextInput label="Reason" description="Kept in the history; may be empty." value={reason} onChange={e => setReason(e.currentTarget.value)} maxLength={500} autoComplete="off" />}
        <Group justify="flex-end">
          <Button variant="default" onClick={() => done(undefined)} data-autofocus={name ? undefined : true}>
            Back
          </Button>
          <Button type="submit" color={destructive ? 'red' : undefined} disabled={name !== undefined && typed !== name}>
            {action}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
