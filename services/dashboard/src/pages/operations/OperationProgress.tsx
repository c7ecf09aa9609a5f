import { Group, Progress, Stack, Text } from '@mantine/core';
import type { Schema } from '../../api/client';
import { bytes, words } from '../../shared/format';
import { isOpen } from '../migrations/progress';

/** How far an export or import is; nothing for operations that are over at once. */
export function OperationProgress({ operation: o, dense = false }: { operation: Schema<'OperationView'>; dense?: boolean }) {
  const p = o.package;
  if (!p || (dense && !isOpen(o.status))) {
    return null;
  }

  const percent = o.status === 'Succeeded' ? 100 : (p.progress?.percent ?? 0);
  return (
    <Stack gap={3} mt={dense ? 2 : 0}>
      {!dense && (
        <Group justify="space-between">
          <Text size="sm" fw={500}>
            {words(p.phase)}
          </Text>
          <Text size="sm" c="dimmed" className="tabular">
            {Math.floor(percent)} %
          </Text>
        </Group>
      )}
      <Progress value={percent} size={dense ? 'xs' : 'md'} animated={isOpen(o.status)} color={o.status === 'Succeeded' ? 'green' : undefined} aria-label={`Progress of ${words(o.kind)} of ${o.vmName}`} />
      {!dense && p.progress?.totalBytes != null && (
        <Text size="xs" c="dimmed">
          {o.status === 'Succeeded' ? bytes(p.progress.totalBytes) : `${bytes(p.progress.doneBytes)} of ${bytes(p.progress.totalBytes)}`}
          {p.progress.item && isOpen(o.status) && ` · ${p.progress.item}`}
        </Text>
      )}
    </Stack>
  );
}
