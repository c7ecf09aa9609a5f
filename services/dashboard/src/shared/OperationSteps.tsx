import { Anchor, Box, Code, Collapse, ScrollArea, Skeleton, Stack, Text, Timeline } from '@mantine/core';
import { useQuery } from '@tanstack/react-query';
import { useState } from 'react';
import { api, data, type Schema } from '../api/client';
import { Empty } from './Empty';
import { eventWords, lineColor } from './eventWords';
import { ErrorDetails, Failure } from './Failure';
import { duration, instant } from './format';
import { useHostName } from './links';

type Step = Schema<'HistoryEvent'>;

/** Every step of an operation as it was recorded: what, when, how long after the one before, its cause and native error. */
export function OperationSteps({ id }: { id: string }) {
  const steps = useQuery({
    queryKey: ['operation', id, 'history'],
    queryFn: async ({ signal }) => {
      const items: Step[] = [];
      let cursor: string | undefined;
      do {
        const page = await data(api.GET('/v1/operations/{id}/history', { params: { path: { id }, query: { limit: 500, cursor } }, signal }));
        items.push(...page.items);
        cursor = page.nextCursor ?? undefined;
      } while (cursor && items.length < 2_000);
      return items;
    },
  });
  if (steps.error && !steps.data) {
    return <Failure error={steps.error} what="The steps cannot be read" retry={() => void steps.refetch()} />;
  }

  if (!steps.data) {
    return <Skeleton h={120} />;
  }

  return steps.data.length === 0 ? (
    <Empty title="Nothing is recorded yet.">The steps appear here as they happen.</Empty>
  ) : (
    <Timeline bulletSize={12} lineWidth={2} aria-label="Steps" active={steps.data.length}>
      {steps.data.map((step, i) => (
        <StepItem key={step.version} step={step} before={steps.data[i - 1]} />
      ))}
    </Timeline>
  );
}

function StepItem({ step, before, ...rest }: { step: Step; before: Step | undefined }) {
  const [open, setOpen] = useState(false);
  const words = eventWords(step, useHostName());
  return (
    <Timeline.Item
      {...rest}
      color={lineColor(words.tone)}
      data-step={step.type}
      title={
        <Text size="sm" fw={500} component="span">
          {words.title}
        </Text>
      }
    >
      <Stack gap={2}>
        <Text size="xs" c="dimmed" className="tabular">
          {instant(step.at)}
          {before && `, ${duration((Date.parse(step.at) - Date.parse(before.at)) / 1000)} after the step before`}
        </Text>
        {words.error ? (
          <ErrorDetails error={words.error} />
        ) : (
          words.detail && (
            <Text size="sm" c="dimmed" style={{ overflowWrap: 'anywhere' }}>
              {words.detail}
            </Text>
          )
        )}
        <Box>
          <Anchor component="button" type="button" size="xs" c="dimmed" aria-expanded={open} onClick={() => setOpen(!open)}>
            {open ? 'Hide what was recorded' : 'What was recorded'}
          </Anchor>
        </Box>
        <Collapse expanded={open}>
          <ScrollArea.Autosize mah={320} tabIndex={0}>
            <Code block fz="xs">
              {JSON.stringify(step.data, null, 2)}
            </Code>
          </ScrollArea.Autosize>
        </Collapse>
      </Stack>
    </Timeline.Item>
  );
}
