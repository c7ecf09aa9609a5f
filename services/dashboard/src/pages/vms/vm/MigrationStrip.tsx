import { Box, Group, Text } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { api, data } from '../../../api/client';
import { Section } from '../../../shared/Fact';
import { HostLink, OperationLink } from '../../../shared/links';
import { CancelMigration } from '../../migrations/CancelMigration';
import { MigrationProgress } from '../../migrations/MigrationProgress';
import type { Vm } from './useVm';

/** The VM's migration in flight; of the past, that there was one. */
export function MigrationStrip({ vm, past }: { vm: Vm; past: boolean }) {
  const id = vm.migrationId!;
  const migration = useQuery({ queryKey: ['migration', id], queryFn: ({ signal }) => data(api.GET('/v1/migrations/{id}', { params: { path: { id } }, signal })), enabled: !past });
  return (
    <Section p="sm">
      <Group justify="space-between" wrap="wrap" gap="sm">
        <Text size="sm" component="div" className="prose">
          <OperationLink id={id} kind="MigrateVm">
            Migration
          </OperationLink>{' '}
          from {vm.migrationSourceHostId && <HostLink id={vm.migrationSourceHostId} />} to {vm.migrationDestinationHostId && <HostLink id={vm.migrationDestinationHostId} />}
          {past && vm.migrationPhase && `: ${vm.migrationPhase}`}
        </Text>
        {migration.data && !past && <CancelMigration migration={migration.data} />}
      </Group>
      {migration.data && !past && (
        <Box mt="xs">
          <MigrationProgress migration={migration.data} />
        </Box>
      )}
    </Section>
  );
}
