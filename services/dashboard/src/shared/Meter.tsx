import { Box, Group, Progress, Text, Tooltip } from '@mantine/core';

/** How full something is: a bar with its figures beside it. Colour warns near the end, the figures tell. */
export function Meter({ used, total, format, label, compact }: { used: number | null | undefined; total: number | null | undefined; format: (value: number) => string; label: string; compact?: boolean }) {
  if (used === null || used === undefined || !total) {
    return (
      <Text size="xs" c="dimmed">
        not known
      </Text>
    );
  }

  const share = Math.min(100, (100 * used) / total);
  const words = `${format(used)} of ${format(total)}`;
  return (
    <Tooltip label={`${label}: ${words} (${share.toFixed(0)} %)`}>
      <Box miw={compact ? 80 : 120}>
        <Group justify="space-between" gap={6} wrap="nowrap">
          <Text size="xs" className="tabular" c="dimmed">
            {words}
          </Text>
          {!compact && (
            <Text size="xs" className="tabular nowrap" fw={600}>
              {share.toFixed(0)} %
            </Text>
          )}
        </Group>
        <Progress.Root size={6} mt={3}>
          <Progress.Section value={share} color={share >= 95 ? 'red' : share >= 85 ? 'orange' : 'cyan'} aria-label={label} aria-valuetext={words} />
        </Progress.Root>
      </Box>
    </Tooltip>
  );
}
