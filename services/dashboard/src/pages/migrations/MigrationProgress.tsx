import { Group, Progress as Bar, Stack, Text } from '@mantine/core';
import { bytes, rate, words } from '../../shared/format';
import { etaWords, isOpen, type Migration, useProgress } from './progress';

/** How far a migration is: bar, figures, and what it waits for. */
export function MigrationProgress({ migration, dense = false }: { migration: Migration; dense?: boolean }) {
  const progress = useProgress(migration);
  const open = isOpen(migration.status);
  const percent = migration.status === 'Succeeded' ? 100 : (progress?.percent ?? 0);
  const color = migration.status === 'Succeeded' ? 'green' : migration.doubt || migration.phase === 'RollingBack' || migration.phase === 'Cancelling' ? 'orange' : open ? undefined : 'gray';
  const moving = migration.phase === 'Transferring';
  return (
    <Stack gap={4}>
      <Group justify="space-between" gap="xs" wrap="nowrap">
        <Text size="sm" fw={500} truncate>
          {migration.waiting ? 'Waiting' : words(migration.phase)}
          {migration.cancelRequestedAt && open && migration.phase !== 'Cancelling' && ', to be cancelled'}
        </Text>
        <Text size="sm" className="tabular" c="dimmed">
          {progress || migration.status === 'Succeeded' ? `${Math.floor(percent)} %` : ''}
        </Text>
      </Group>
      <Bar value={percent} color={color} size={dense ? 'sm' : 'md'} animated={open && moving} aria-label={`Progress of the migration of ${migration.vmName}`} data-progress={Math.floor(percent)} />
      {open && (
        <Text size="xs" c="dimmed" className="tabular">
          {migration.doubt
            ? migration.doubt.unknown
            : migration.waiting
              ? migration.waiting.reason
              : moving && progress
                ? [progress.bytesPerSecond != null && rate(progress.bytesPerSecond), progress.remainingBytes != null && `${bytes(progress.remainingBytes)} to go`, etaWords(progress)].filter(Boolean).join(' · ')
                : ' '}
        </Text>
      )}
    </Stack>
  );
}
