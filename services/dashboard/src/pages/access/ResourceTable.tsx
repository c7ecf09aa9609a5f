import { Alert, Button, Group, Modal, Skeleton, Stack, Table, Text } from '@mantine/core';
import { useDisclosure } from '@mantine/hooks';
import { IconPlus } from '@tabler/icons-react';
import { useInfiniteQuery, useQueryClient } from '@tanstack/react-query';
import { type ReactNode, useState } from 'react';
import { CodeBlock } from '../../shared/CodeBlock';
import { confirm } from '../../shared/confirm';
import { Empty } from '../../shared/Empty';
import { Failure } from '../../shared/Failure';
import { type CommandHeaders, useCommand } from '../../shared/useCommand';

interface Page<T> {
  items: T[];
  nextCursor?: string;
}

interface Props<T, Body, Made> {
  /** One of them: "API token". */
  noun: string;
  about: string;
  read: (cursor: string | undefined) => Promise<Page<T>>;
  idOf: (item: T) => string;
  nameOf: (item: T) => string;
  columns: { title: string; cell: (item: T) => ReactNode; wide?: boolean }[];
  /** How a new one is made; without it none can be. */
  make?: {
    send: (body: Body, headers: CommandHeaders) => Promise<{ data?: Made }>;
    /** The fields of a new one; calls `submit` with the body. */
    form: (submit: (body: Body) => void, busy: boolean) => ReactNode;
    /** What is shown once of a new one, for example its secret. */
    secret?: (made: Made) => { label: string; value: string | undefined };
  };
  /** What removing means; without it nothing can be removed. */
  remove?: { verb: string; means: string; send: (item: T, headers: CommandHeaders) => Promise<{ data?: unknown }>; unless?: (item: T) => boolean };
  /** What else can be done with one. */
  actions?: (item: T) => ReactNode;
}

/** A list of things that administrators make and remove. */
export function ResourceTable<T, Body = never, Made = unknown>({ noun, about, read, idOf, nameOf, columns, make, remove, actions }: Props<T, Body, Made>) {
  const queries = useQueryClient();
  const key = ['access', noun];
  const [opened, { open, close }] = useDisclosure();
  const [made, setMade] = useState<{ label: string; value: string }>();
  const { run, busy, problem } = useCommand();
  const list = useInfiniteQuery({
    queryKey: key,
    queryFn: ({ pageParam }) => read(pageParam),
    initialPageParam: undefined as string | undefined,
    getNextPageParam: page => page.nextCursor,
  });
  const refresh = () => void queries.invalidateQueries({ queryKey: ['access'] });

  const create = async (body: Body) => {
    const answer = await run({ title: `New ${noun}`, quiet: true, send: headers => make!.send(body, headers) });
    if (answer) {
      const secret = make!.secret?.(answer);
      setMade(secret?.value === undefined ? undefined : { label: secret.label, value: secret.value });
      close();
      refresh();
    }
  };
  const drop = async (item: T) => {
    const agreed = await confirm({ title: `${remove!.verb} ${noun} ${nameOf(item)}?`, children: remove!.means, action: remove!.verb, reason: false });
    if (agreed !== undefined) {
      await run({ title: `${noun} ${nameOf(item)}: ${remove!.verb.toLowerCase()}`, send: headers => remove!.send(item, headers) });
      refresh();
    }
  };

  const items = list.data?.pages.flatMap(p => p.items) ?? [];
  const hasRowActions = remove || actions;
  return (
    <Stack gap="sm">
      <Group justify="space-between" align="flex-start">
        <Text size="sm" c="dimmed" maw={720}>
          {about}
        </Text>
        {make && (
          <Button size="xs" leftSection={<IconPlus size={15} />} onClick={open}>
            New {noun}
          </Button>
        )}
      </Group>
      {made && (
        <Alert color="green" variant="light" title={`${made.label}: shown only now`} withCloseButton closeButtonLabel="Hide it" onClose={() => setMade(undefined)}>
          <CodeBlock label={made.label}>{made.value}</CodeBlock>
        </Alert>
      )}
      {list.error && <Failure error={list.error} what={`The list of ${noun}s cannot be read`} retry={() => void list.refetch()} />}
      {list.isPending && <Skeleton h={120} />}
      {list.data && items.length === 0 && <Empty title={`There is no ${noun} yet.`} />}
      {items.length > 0 && (
        <Table.ScrollContainer minWidth={320} type="native">
          <Table fz="sm">
            <Table.Thead>
              <Table.Tr>
                {columns.map(c => (
                  <Table.Th key={c.title} visibleFrom={c.wide ? 'sm' : undefined}>
                    {c.title}
                  </Table.Th>
                ))}
                {hasRowActions && <Table.Th ta="right">Actions</Table.Th>}
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {items.map((item, i) => (
                <Table.Tr key={`${idOf(item)}-${i}`}>
                  {columns.map(c => (
                    <Table.Td key={c.title} visibleFrom={c.wide ? 'sm' : undefined}>
                      {c.cell(item)}
                    </Table.Td>
                  ))}
                  {hasRowActions && (
                    <Table.Td>
                      <Group gap={6} justify="flex-end">
                        {actions?.(item)}
                        {remove && !remove.unless?.(item) && (
                          <Button size="compact-xs" variant="light" color="red" onClick={() => void drop(item)} aria-label={`${remove.verb} ${nameOf(item)}`}>
                            {remove.verb}
                          </Button>
                        )}
                      </Group>
                    </Table.Td>
                  )}
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {list.hasNextPage && (
        <Button variant="default" w="fit-content" onClick={() => void list.fetchNextPage()} loading={list.isFetchingNextPage}>
          More
        </Button>
      )}
      <Modal opened={opened} onClose={close} title={`New ${noun}`} closeButtonProps={{ 'aria-label': 'Close' }}>
        <Stack>
          {make?.form(body => void create(body), busy)}
          {problem !== undefined && opened && <Failure error={problem} what={`No ${noun} was made`} />}
        </Stack>
      </Modal>
    </Stack>
  );
}
