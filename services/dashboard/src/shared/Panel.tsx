import { Card, Group, Title } from '@mantine/core';
import type { ReactNode } from 'react';

/** A part of a page with a heading of its own, and what belongs at its right. */
export function Panel({ title, right, children, flush }: { title: string; right?: ReactNode; children: ReactNode; flush?: boolean }) {
  return (
    <Card withBorder padding={flush ? 0 : 'md'} component="section" aria-label={title}>
      <Group justify="space-between" mb={flush ? 0 : 'sm'} px={flush ? 'md' : 0} py={flush ? 'sm' : 0} wrap="nowrap">
        <Title order={2} size="h5">
          {title}
        </Title>
        {right}
      </Group>
      {children}
    </Card>
  );
}
