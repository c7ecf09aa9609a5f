import { Anchor, Box, Button, Code, Collapse, Group, ScrollArea, Stack, Text, Timeline } from '@mantine/core';
import { useState } from 'react';
import { Empty } from '../../../shared/Empty';
import { lineColor } from '../../../shared/eventWords';
import { ErrorDetails, Failure } from '../../../shared/Failure';
import { ago, instant } from '../../../shared/format';
import { OperationLink } from '../../../shared/links';
import type { Happening } from './useVm';

interface Props {
  happenings: readonly Happening[];
  error: unknown;
  retry: () => void;
  at: string | undefined;
  onAt: (at: string) => void;
  most?: number;
}

const stepRows = 100;

/** What happened, newest first, in words; each can be gone back to, and shows its error and what was recorded on demand. */
export function VmHistory({ happenings, error, retry, at, onAt, most }: Props) {
  const [rows, setRows] = useState(stepRows);
  const until = at === undefined ? happenings : happenings.filter(h => h.ms <= Date.parse(at));
  const newest = [...until].reverse().slice(0, most ?? rows);
  if (error && happenings.length === 0) {
    return <Failure error={error} what="The history cannot be read" retry={retry} />;
  }

  return newest.length === 0 ? (
    <Empty title="Nothing happened in this time.">Choose a longer one at the time slider.</Empty>
  ) : (
    <Stack gap="xs">
      <Timeline bulletSize={12} lineWidth={2} aria-label="History" active={newest.length}>
        {newest.map(h => (
          <Timeline.Item key={h.version} color={lineColor(h.tone)} title={<Title happening={h} onAt={onAt} />}>
            <Happened happening={h} />
          </Timeline.Item>
        ))}
      </Timeline>
      {most === undefined && until.length > newest.length && (
        <Button variant="default" size="xs" onClick={() => setRows(rows + stepRows)}>
          Show {Math.min(stepRows, until.length - newest.length)} more
        </Button>
      )}
    </Stack>
  );
}

function Title({ happening, onAt }: { happening: Happening; onAt: (at: string) => void }) {
  return (
    <Group gap="xs" justify="space-between" wrap="nowrap" align="baseline">
      <Text size="sm" fw={500}>
        {happening.title}
      </Text>
      <Anchor component="button" type="button" size="xs" c="dimmed" className="tabular" onClick={() => onAt(happening.at)} title={`${ago(happening.at)}. Show the VM as it was then`} style={{ whiteSpace: 'nowrap' }}>
        {instant(happening.at)}
      </Anchor>
    </Group>
  );
}

function Happened({ happening: h }: { happening: Happening }) {
  const [open, setOpen] = useState(false);
  return (
    <Box>
      {h.detail && (
        <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
          {h.detail}
        </Text>
      )}
      <Group gap="sm">
        {h.operationId && (
          <Text size="xs" component="span" className="prose">
            <OperationLink id={h.operationId} kind={h.type.includes('migration') || h.type === 'vm_moved' ? 'MigrateVm' : undefined} />
          </Text>
        )}
        <Anchor component="button" type="button" size="xs" c="dimmed" aria-expanded={open} onClick={() => setOpen(!open)}>
          {open ? 'Hide what was recorded' : 'What was recorded'}
        </Anchor>
      </Group>
      <Collapse expanded={open}>
        <Stack gap="xs" mt={4}>
          {h.error && <ErrorDetails error={h.error} />}
          <ScrollArea.Autosize mah={320} tabIndex={0}>
            <Code block fz="xs">
              {JSON.stringify(h.data, null, 2)}
            </Code>
          </ScrollArea.Autosize>
        </Stack>
      </Collapse>
    </Box>
  );
}
