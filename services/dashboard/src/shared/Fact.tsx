import { Box, Paper, type PaperProps, Text } from '@mantine/core';
import type { ReactNode } from 'react';

/** A titled box of a page. */
export function Section({ title, actions, children, ...rest }: PaperProps & { title?: string; actions?: ReactNode; children: ReactNode }) {
  return (
    <Paper withBorder p="md" component="section" aria-label={title} miw={0} {...rest}>
      {title && (
        <Box mb="sm" style={{ display: 'flex', flexWrap: 'wrap', alignItems: 'center', justifyContent: 'space-between', gap: 8 }}>
          <Text component="h2" fw={600} size="sm">
            {title}
          </Text>
          {actions}
        </Box>
      )}
      {children}
    </Paper>
  );
}

/** Names and values side by side; values that are not known are left out. */
export function Facts({ items }: { items: readonly (readonly [string, ReactNode])[] }) {
  const known = items.filter(([, value]) => value !== undefined && value !== null && value !== '');
  return (
    <Box component="dl" m={0} style={{ display: 'grid', gridTemplateColumns: 'minmax(96px, max-content) 1fr', columnGap: 16, rowGap: 5, fontSize: 'var(--mantine-font-size-sm)' }}>
      {known.map(([name, value]) => (
        <Box key={name} style={{ display: 'contents' }}>
          <Text component="dt" size="sm" c="dimmed">
            {name}
          </Text>
          <Box component="dd" m={0} miw={0} style={{ overflowWrap: 'anywhere' }}>
            {value}
          </Box>
        </Box>
      ))}
    </Box>
  );
}
