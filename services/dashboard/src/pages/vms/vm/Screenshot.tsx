import { ActionIcon, AspectRatio, Box, Group, Image, Stack, Text, Tooltip, UnstyledButton } from '@mantine/core';
import { IconMaximize, IconRefresh } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { ApiProblem, api, data } from '../../../api/client';
import { Section } from '../../../shared/Fact';
import { ago, words } from '../../../shared/format';
import { openForm } from '../../../shared/openForm';
import { useNow } from '../../../shared/useNow';
import { useFacets } from '../actions/useHindrance';
import { useVm, type Vm } from './useVm';

const refreshMs = 5_000;
const largeRefreshMs = 2_000;
/** A host that could not answer is not asked as often. */
const afterErrorMs = 20_000;

/** The guest's screen: a picture taken again every few seconds while it is looked at, larger on a click. */
export function Screenshot({ vm }: { vm: Vm }) {
  const without = useWhyNone(vm);
  const shot = useScreen(vm, { width: 480, height: 360 }, refreshMs, without === undefined);
  const enlarge = () => openForm(`Screen of ${vm.name}`, () => <LargeScreen vm={vm} />, 'xl');
  return (
    <Section
      title="Screen"
      actions={
        <Group gap={4}>
          <Tooltip label="Take it again now">
            <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Take the picture of the screen again" disabled={without !== undefined} loading={shot.isFetching && shot.isError} onClick={() => void shot.refetch()}>
              <IconRefresh size={15} />
            </ActionIcon>
          </Tooltip>
          <Tooltip label="Larger">
            <ActionIcon variant="subtle" color="gray" size="sm" aria-label="Show the screen larger" disabled={without !== undefined || !shot.data} onClick={enlarge}>
              <IconMaximize size={15} />
            </ActionIcon>
          </Tooltip>
        </Group>
      }
    >
      {without === undefined && shot.data ? (
        <UnstyledButton onClick={enlarge} aria-label={`Show the screen of ${vm.name} larger`} w="100%">
          <Picture vm={vm} shot={shot.data} mah={300} />
        </UnstyledButton>
      ) : (
        <Box p="md" mih={without === undefined ? 160 : undefined} bg="var(--mantine-color-default-hover)" style={{ borderRadius: 6, display: 'grid', placeItems: 'center' }}>
          {without === undefined && shot.error ? (
            <Trouble error={shot.error} />
          ) : (
            <Text size="sm" c="dimmed" ta="center">
              {without ?? 'Asking its host for a picture'}
            </Text>
          )}
        </Box>
      )}
      {without === undefined && <Taken shot={shot} />}
    </Section>
  );
}

/** Why there is no picture of the screen; undefined if there should be one. */
function useWhyNone(vm: Vm): string | undefined {
  const facets = useFacets(vm.hostId);
  return vm.deletedAt
    ? 'The VM is deleted.'
    : vm.missingSince
      ? 'No host reports the VM any more.'
      : vm.state !== 'Running' && vm.state !== 'Paused'
        ? `There is a picture while the VM runs or is paused; it is ${words(vm.state).toLowerCase()}.`
        : facets && !facets.includes('console')
          ? "Its host's driver takes no pictures of the screen (it lacks console). Look at it with the host's own console."
          : undefined;
}

function useScreen(vm: Vm, size: { width: number; height: number }, everyMs: number, enabled: boolean) {
  return useQuery({
    queryKey: ['screenshot', vm.id, size.width],
    queryFn: ({ signal }) => data(api.GET('/v1/vms/{id}/screenshot', { params: { path: { id: vm.id }, query: size }, signal })),
    enabled,
    retry: false,
    gcTime: 0,
    refetchInterval: query => (query.state.error ? afterErrorMs : everyMs),
  });
}

type Shot = ReturnType<typeof useScreen>;

function LargeScreen({ vm }: { vm: Vm }) {
  // The dialog gets the VM as it was when it was opened; whether it runs still is read along.
  const current = useVm(vm.id, undefined);
  const without = useWhyNone(current.data ?? vm);
  const shot = useScreen(vm, { width: 1280, height: 960 }, largeRefreshMs, without === undefined);
  return (
    <Stack gap="xs">
      {without !== undefined && (
        <Text size="sm" c="dimmed" role="status">
          {without}
        </Text>
      )}
      {shot.data ? (
        <Picture vm={vm} shot={shot.data} mah="70vh" />
      ) : without !== undefined ? null : shot.error ? (
        <Trouble error={shot.error} />
      ) : (
        <Text size="sm" c="dimmed">
          Asking its host for a picture
        </Text>
      )}
      <Taken shot={shot} />
    </Stack>
  );
}

function Picture({ vm, shot, mah }: { vm: Vm; shot: NonNullable<Shot['data']>; mah: number | string }) {
  return (
    <AspectRatio ratio={shot.widthPixels / shot.heightPixels} mah={mah} bg="var(--mantine-color-default-hover)" style={{ borderRadius: 6, overflow: 'hidden' }}>
      <Image src={`data:image/png;base64,${shot.pngBase64}`} alt={`Screen of ${vm.name}`} fit="contain" />
    </AspectRatio>
  );
}

/** When the picture was taken, and why there is no newer one. */
function Taken({ shot }: { shot: Shot }) {
  const now = useNow(1_000);
  return shot.data ? (
    <Text size="xs" c={shot.error ? 'red' : 'dimmed'} mt={6} data-screen-taken={shot.dataUpdatedAt}>
      Taken {ago(new Date(shot.dataUpdatedAt).toISOString(), Math.max(now, shot.dataUpdatedAt))}
      {shot.error && `; no newer one: ${(shot.error as Error).message}`}
    </Text>
  ) : null;
}

function Trouble({ error }: { error: unknown }) {
  return (
    <Stack gap={4} ta="center" role="alert">
      <Text size="sm">There is no picture: {(error as Error).message}</Text>
      <Text size="sm" c="dimmed">
        {(error instanceof ApiProblem && error.problem.advice) || 'It is tried again in a moment.'}
      </Text>
    </Stack>
  );
}
