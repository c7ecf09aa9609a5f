import { ActionIcon, AspectRatio, Image, Text, Tooltip } from '@mantine/core';
import { IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { ApiProblem, api, data } from '../../../api/client';
import { Section } from '../../../shared/Fact';
import type { Vm } from './useVm';

const refreshMs = 5_000;

/** The guest's screen, taken again every few seconds while it is looked at. */
export function Screenshot({ vm }: { vm: Vm }) {
  const shows = vm.state === 'Running' || vm.state === 'Paused';
  const shot = useQuery({
    queryKey: ['screenshot', vm.id],
    queryFn: ({ signal }) => data(api.GET('/v1/vms/{id}/screenshot', { params: { path: { id: vm.id }, query: { width: 480, height: 360 } }, signal })),
    enabled: shows,
    retry: false,
    refetchInterval: query => (query.state.error ? 60_000 : refreshMs),
  });
  if (shot.error instanceof ApiProblem && shot.error.problem.code === 'facet-unsupported') {
    return null;
  }

  return (
    <Section
      title="Screen"
      actions={
        <Tooltip label="Take it again">
          <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Take the screenshot again" disabled={!shows} loading={shot.isFetching && shot.isError} onClick={() => void shot.refetch()}>
            <IconRefresh size={15} />
          </ActionIcon>
        </Tooltip>
      }
    >
      <AspectRatio ratio={shot.data ? shot.data.widthPixels / shot.data.heightPixels : 4 / 3} mah={300} bg="var(--mantine-color-default-hover)" style={{ borderRadius: 6, overflow: 'hidden' }}>
        {shows && shot.data ? (
          <Image src={`data:image/png;base64,${shot.data.pngBase64}`} alt={`Screen of ${vm.name}`} fit="contain" />
        ) : (
          <Text size="sm" c="dimmed" ta="center" p="md" style={{ display: 'grid', placeItems: 'center' }}>
            {!shows ? 'A VM that is not running has no screen.' : shot.error ? (shot.error as Error).message : 'Taking it'}
          </Text>
        )}
      </AspectRatio>
    </Section>
  );
}
