import { Group, Stack, Title } from '@mantine/core';
import { useDocumentTitle } from '@mantine/hooks';
import type { ReactNode } from 'react';

/** A page's frame: its heading (also the document's title), its actions at the right, its content. */
export function Page({ title, heading, actions, children }: { title: string; heading?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  useDocumentTitle(`${title} · HvPlatform`);
  return (
    <Stack gap="md">
      <Group justify="space-between" wrap="wrap" gap="sm">
        {heading ?? (
          <Title order={1} size="h2">
            {title}
          </Title>
        )}
        {actions && <Group gap="xs">{actions}</Group>}
      </Group>
      {children}
    </Stack>
  );
}
