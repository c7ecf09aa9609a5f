import { ActionIcon, Box, Group, Stack, Text, ThemeIcon, Tooltip } from '@mantine/core';
import { IconAlertTriangle, IconBraces, IconCheck, IconCircle, IconExclamationMark } from '@tabler/icons-react';
import { useState } from 'react';
import { CodeBlock } from './CodeBlock';
import { type EventWords, eventWords, toneColors } from './eventWords';
import { ErrorDetails } from './Failure';
import { instant } from './format';
import { HostLink, OperationLink, useHostName, VmLink } from './links';

/** An event as lists show it. */
export interface ShownEvent {
  seq?: number;
  type: string;
  streamId?: string;
  at?: string;
  data: unknown;
}

const icons: Record<EventWords['tone'], typeof IconCircle> = { good: IconCheck, bad: IconAlertTriangle, warning: IconExclamationMark, neutral: IconCircle };

/** Events in words, each with links to what it is about and its JSON on demand. `about` is what the page is about, which needs no link. */
export function EventList({ events, about }: { events: readonly ShownEvent[]; about?: string }) {
  return (
    <Stack gap={0} component="ul" m={0} p={0} className="plain-list">
      {events.map((event, i) => (
        <Row key={event.seq ?? `${event.type}-${i}`} event={event} about={about} />
      ))}
    </Stack>
  );
}

function Row({ event, about }: { event: ShownEvent; about?: string }) {
  const [open, setOpen] = useState(false);
  const nameOf = useHostName();
  const said = eventWords(event, nameOf);
  const Icon = icons[said.tone];
  const data = (event.data ?? {}) as Record<string, unknown>;
  const vm = typeof data.vmId === 'string' ? data.vmId : event.type.startsWith('vm_') ? event.streamId : undefined;
  const host = typeof data.hostId === 'string' ? data.hostId : undefined;
  const name = (data.vmName ?? (data.vm as { name?: string } | undefined)?.name) as string | undefined;
  return (
    <Box component="li" py={7} className="event-row" data-event={event.type}>
      <Group gap="sm" wrap="nowrap" align="flex-start">
        <ThemeIcon size={20} variant="light" color={toneColors[said.tone]} mt={1} aria-hidden>
          <Icon size={13} />
        </ThemeIcon>
        <Box flex={1} miw={0}>
          <Text size="sm" lh={1.4}>
            {said.title}
          </Text>
          <Group gap={8} fz="xs">
            {event.at && (
              <Text size="xs" c="dimmed" className="tabular">
                {instant(event.at)}
              </Text>
            )}
            {vm && vm !== about && <VmLink id={vm} name={name ?? `VM ${vm.slice(0, 8)}`} />}
            {host && host !== about && <HostLink id={host} />}
            {said.operationId && said.operationId !== about && <OperationLink id={said.operationId} kind={event.type.includes('migration') ? 'MigrateVm' : (data.kind as string | undefined)} />}
            {said.detail && (
              <Text size="xs" c="dimmed" lineClamp={2}>
                {said.detail}
              </Text>
            )}
          </Group>
        </Box>
        <Tooltip label={open ? 'Hide the JSON' : 'Show the JSON'}>
          <ActionIcon variant="subtle" color="gray" size="sm" onClick={() => setOpen(!open)} aria-expanded={open} aria-label={`JSON of: ${said.title}`}>
            <IconBraces size={15} />
          </ActionIcon>
        </Tooltip>
      </Group>
      {open && (
        <Stack gap="xs" mt="xs" ml={32}>
          {said.error && <ErrorDetails error={said.error} />}
          <CodeBlock label="The event as JSON">{JSON.stringify(event, null, 2)}</CodeBlock>
        </Stack>
      )}
    </Box>
  );
}
