import { Center, Stack, Text } from '@mantine/core';
import { IconMoodEmpty } from '@tabler/icons-react';
import type { ReactNode } from 'react';

/** Nothing to show: says what would be here and what to do to get it. */
export function Empty({ title, children }: { title: string; children?: ReactNode }) {
  return (
    <Center p="xl">
      <Stack align="center" gap="xs" maw={520} ta="center">
        <IconMoodEmpty size={40} stroke={1.2} aria-hidden />
        <Text fw={600}>{title}</Text>
        {children && (
          <Text size="sm" c="dimmed" component="div" className="prose">
            {children}
          </Text>
        )}
      </Stack>
    </Center>
  );
}
