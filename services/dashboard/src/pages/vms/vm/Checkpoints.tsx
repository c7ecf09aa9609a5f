import { Badge, Box, Button, Group, Skeleton, Stack, Text, TextInput } from '@mantine/core';
import { IconCamera, IconCornerDownRight } from '@tabler/icons-react';
import { useQuery } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { api, data, type Schema } from '../../../api/client';
import { ActionButton } from '../../../shared/ActionButton';
import { confirm } from '../../../shared/confirm';
import { Empty } from '../../../shared/Empty';
import { Section } from '../../../shared/Fact';
import { Failure } from '../../../shared/Failure';
import { ago, instant } from '../../../shared/format';
import { send, useCommand } from '../../../shared/useCommand';
import { useDenied } from '../../../shared/useMay';
import { atRest, hindrance } from '../actions/vmActions';
import type { Vm } from './useVm';

type Checkpoint = Schema<'VmCheckpoint'>;

/** The checkpoints as a tree, read from the host: make one, go back to one, delete one or a branch. */
export function Checkpoints({ vm }: { vm: Vm }) {
  const denied = useDenied('Operator');
  const [name, setName] = useState('');
  const create = useCommand();
  const read = useQuery({ queryKey: ['vm', vm.id, 'checkpoints'], queryFn: ({ signal }) => data(api.GET('/v1/vms/{id}/checkpoints', { params: { path: { id: vm.id } }, signal })), retry: false });
  if (read.error) {
    return <Failure error={read.error} what="The checkpoints cannot be read" retry={() => void read.refetch()} />;
  }

  if (!read.data) {
    return <Skeleton h={140} />;
  }

  const all = read.data.checkpoints;
  const why = denied ?? hindrance(vm, 'Make a checkpoint', atRest);
  const make = (event: FormEvent) => {
    event.preventDefault();
    void create
      .run({ title: `Checkpoint ${name} of ${vm.name}`, send: header => api.POST('/v1/vms/{id}/checkpoints', { params: { path: { id: vm.id }, header }, body: { name: name.trim() } }) })
      .then(answer => answer && setName(''));
  };
  return (
    <Stack>
      <Section title="Make a checkpoint">
        <form onSubmit={make}>
          <Group align="flex-end" gap="xs">
            <TextInput flex={1} miw={220} maw={420} label="Name" value={name} onChange={e => setName(e.currentTarget.value)} maxLength={200} required disabled={Boolean(why)} description={why} autoComplete="off" />
            <Button type="submit" leftSection={<IconCamera size={16} />} disabled={Boolean(why) || !name.trim()} loading={create.busy}>
              Keep it as it is now
            </Button>
          </Group>
        </form>
      </Section>
      <Section title="Checkpoints">
        {all.length === 0 ? (
          <Empty title="The VM has no checkpoint.">A checkpoint keeps its disks, and its memory if it runs, so that one can go back.</Empty>
        ) : (
          <Stack gap={4}>
            {branches(all).map(({ checkpoint, depth }) => (
              <Row key={checkpoint.id} vm={vm} checkpoint={checkpoint} depth={depth} isParent={all.some(c => c.parentId === checkpoint.id)} denied={denied} />
            ))}
          </Stack>
        )}
      </Section>
    </Stack>
  );
}

function Row({ vm, checkpoint: c, depth, isParent, denied }: { vm: Vm; checkpoint: Checkpoint; depth: number; isParent: boolean; denied: string | undefined }) {
  const remove = async (subtree: boolean) => {
    const reason = await confirm({
      title: `Delete checkpoint ${c.name} of ${vm.name}?`,
      action: subtree ? 'Delete the branch' : 'Delete',
      children: subtree ? 'This checkpoint and all that came after it are deleted; one cannot go back to them any more.' : 'One cannot go back to it any more. What the VM is now stays.',
    });
    if (reason !== undefined) {
      await send({ title: `Delete checkpoint ${c.name} of ${vm.name}`, reason, send: header => api.POST('/v1/vms/{id}/checkpoints/delete', { params: { path: { id: vm.id }, header }, body: { checkpointId: c.id, subtree } }) });
    }
  };
  const apply = async () => {
    const reason = await confirm({ title: `Go back to ${c.name}?`, action: 'Go back', children: `${vm.name} becomes what it was on ${instant(c.createdAt)}. What happened on its disks since then is lost, unless another checkpoint keeps it.` });
    if (reason !== undefined) {
      await send({ title: `${vm.name}: back to ${c.name}`, reason, send: header => api.POST('/v1/vms/{id}/checkpoints/apply', { params: { path: { id: vm.id }, header }, body: { checkpointId: c.id } }) });
    }
  };
  return (
    <Group justify="space-between" wrap="wrap" gap="xs" pl={depth * 22}>
      <Group gap="xs" wrap="nowrap" miw={0}>
        {depth > 0 && <IconCornerDownRight size={15} aria-hidden />}
        <Box miw={0}>
          <Group gap="xs">
            <Text size="sm" fw={500} style={{ overflowWrap: 'anywhere' }}>
              {c.name}
            </Text>
            {c.current && <Badge size="xs">current</Badge>}
          </Group>
          <Text size="xs" c="dimmed">
            {instant(c.createdAt)}, {ago(c.createdAt)}
            {c.kind && ` · ${c.kind}`}
          </Text>
        </Box>
      </Group>
      <Group gap="xs">
        <ActionButton why={denied ?? hindrance(vm, 'Go back', ['Off', 'Saved'])} onClick={() => void apply()}>
          Go back
        </ActionButton>
        <ActionButton why={denied ?? hindrance(vm, 'Delete', atRest)} color="red" variant="light" onClick={() => void remove(false)}>
          Delete
        </ActionButton>
        {isParent && (
          <ActionButton why={denied ?? hindrance(vm, 'Delete', atRest)} color="red" variant="subtle" onClick={() => void remove(true)}>
            Delete branch
          </ActionButton>
        )}
      </Group>
    </Group>
  );
}

/** The tree, a branch after the other, each checkpoint with its depth; one whose parent is not there is a root. */
function branches(all: readonly Checkpoint[], parent?: string, depth = 0): { checkpoint: Checkpoint; depth: number }[] {
  const ids = new Set(all.map(c => c.id));
  return all
    .filter(c => (parent === undefined ? !c.parentId || !ids.has(c.parentId) : c.parentId === parent))
    .sort((a, b) => a.createdAt.localeCompare(b.createdAt))
    .flatMap(checkpoint => [{ checkpoint, depth }, ...branches(all, checkpoint.id, depth + 1)]);
}
