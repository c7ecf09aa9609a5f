import { ActionIcon, Autocomplete, Button, Group, Stack, Text, TextInput } from '@mantine/core';
import { IconPlus, IconTrash } from '@tabler/icons-react';

/** What something in an export is to be on a host. */
export interface Mapping {
  from: string;
  to: string;
}

interface Props {
  /** What is mapped, in the plural: "Networks". */
  title: string;
  /** One of them: "network". */
  one: string;
  value: readonly Mapping[];
  onChange: (value: readonly Mapping[]) => void;
  /** What the host has. */
  known?: readonly string[];
  /** What an empty right side means. */
  empty: string;
}

/** Pairs of a name in an export and a name on the host, a row each. */
export function MappingRows({ title, one, value, onChange, known = [], empty }: Props) {
  const set = (at: number, part: Partial<Mapping>) => onChange(value.map((row, i) => (i === at ? { ...row, ...part } : row)));
  return (
    <Stack gap={6} role="group" aria-label={title}>
      <Text size="sm" fw={500}>
        {title}
      </Text>
      {value.map((row, i) => (
        <Group key={i} gap="xs" wrap="nowrap">
          <TextInput flex={1} aria-label={`The ${one} in the export`} placeholder="In the export" value={row.from} onChange={e => set(i, { from: e.currentTarget.value })} autoComplete="off" />
          <Text size="sm">→</Text>
          <Autocomplete flex={1} aria-label={`The ${one} here`} placeholder={empty} data={[...known]} value={row.to} onChange={to => set(i, { to })} />
          <ActionIcon variant="subtle" color="gray" size={36} aria-label={`Remove the ${one} ${row.from}`} onClick={() => onChange(value.filter((_, n) => n !== i))}>
            <IconTrash size={16} />
          </ActionIcon>
        </Group>
      ))}
      <Button variant="default" size="xs" leftSection={<IconPlus size={14} />} onClick={() => onChange([...value, { from: '', to: '' }])} style={{ alignSelf: 'flex-start' }}>
        {`Another ${one}`}
      </Button>
    </Stack>
  );
}
