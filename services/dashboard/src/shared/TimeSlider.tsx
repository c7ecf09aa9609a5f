import { Box, Button, Group, SegmentedControl, Text } from '@mantine/core';
import { IconPlayerSkipForward } from '@tabler/icons-react';
import { type KeyboardEvent, type PointerEvent, useRef } from 'react';
import { ago, instant } from './format';
import styles from './TimeSlider.module.css';
import { beginning, instantAt, type Mark, markAt, type Range, stepFrom } from './timeline';

/** A thing that happened, in words. */
export interface TimeMark extends Mark {
  title: string;
  tone: string;
}

interface Props {
  /** In the order of time. */
  marks: readonly TimeMark[];
  /** The moment shown; undefined is now. */
  at: string | undefined;
  now: number;
  /** Before this nothing is known; as the server wrote it, finer than a millisecond. */
  first: string;
  range: Range;
  onRange: (range: Range) => void;
  onChange: (at: string | undefined) => void;
}

/** A line of time with what happened on it: dragging goes to any moment, arrows step from event to event, End goes back to now. */
export function TimeSlider({ marks, at, now, first, range, onRange, onChange }: Props) {
  const track = useRef<HTMLDivElement>(null);
  const from = beginning(now, range, Date.parse(first));
  const place = (ms: number) => `${Math.max(0, Math.min(1, (ms - from) / (now - from))) * 100}%`;
  const shown = at === undefined ? now : Date.parse(at);
  const last = markAt(marks, at);
  const drag = (event: PointerEvent) => {
    const box = track.current!.getBoundingClientRect();
    onChange(instantAt((event.clientX - box.left) / box.width, from, now, first));
  };
  const keyDown = (event: KeyboardEvent) => {
    const steps: Record<string, () => string | undefined> = {
      ArrowLeft: () => stepFrom(marks, at, -1),
      ArrowDown: () => stepFrom(marks, at, -1),
      ArrowRight: () => stepFrom(marks, at, 1),
      ArrowUp: () => stepFrom(marks, at, 1),
      PageDown: () => stepFrom(marks, at, -10),
      PageUp: () => stepFrom(marks, at, 10),
      Home: () => marks[0]?.at,
      End: () => undefined,
      Escape: () => undefined,
    };
    const step = steps[event.key];
    if (step) {
      onChange(step());
      event.preventDefault();
    }
  };
  const words = at === undefined ? 'now' : `${instant(at)}${last ? `, after: ${last.title}` : ''}`;
  return (
    <Box>
      <Group justify="space-between" gap="xs" mb={2}>
        <Text size="sm" className="tabular" lineClamp={2} flex={1} miw={160}>
          <Text span fw={600} size="sm">
            {at === undefined ? 'Now' : instant(at)}
          </Text>
          {at !== undefined && (
            <Text span size="sm" c="dimmed">
              {` · ${ago(at, now)}`}
            </Text>
          )}
          {last && (
            <Text span size="sm" c="dimmed">
              {` · ${at === undefined ? `last event ${ago(last.at, now)}: ` : 'after: '}${last.title}`}
            </Text>
          )}
        </Text>
        <Group gap="xs">
          {at !== undefined && (
            <Button size="compact-xs" color="orange" variant="light" leftSection={<IconPlayerSkipForward size={14} />} onClick={() => onChange(undefined)}>
              Back to now
            </Button>
          )}
          <SegmentedControl
            size="xs"
            aria-label="How far back"
            value={range}
            onChange={value => onRange(value as Range)}
            data={[
              { value: 'hour', label: '1 h' },
              { value: 'day', label: '24 h' },
              { value: 'week', label: '7 d' },
              { value: 'all', label: 'All' },
            ]}
          />
        </Group>
      </Group>
      <div
        ref={track}
        className={styles.track}
        role="slider"
        tabIndex={0}
        aria-label="Moment shown"
        aria-valuemin={from}
        aria-valuemax={now}
        aria-valuenow={Math.round(shown)}
        aria-valuetext={words}
        data-past={at !== undefined || undefined}
        onKeyDown={keyDown}
        onPointerDown={event => {
          track.current!.setPointerCapture(event.pointerId);
          track.current!.focus();
          drag(event);
        }}
        onPointerMove={event => {
          if (track.current!.hasPointerCapture(event.pointerId)) {
            drag(event);
          }
        }}
      >
        <div className={styles.past} style={{ width: place(shown) }} />
        {marks
          .filter(m => m.ms >= from)
          .map(m => (
            <div key={m.at + m.title} className={styles.mark} data-tone={m.tone} title={`${instant(m.at)}: ${m.title}`} style={{ left: place(m.ms) }} />
          ))}
        <div className={styles.thumb} style={{ left: place(shown) }} />
      </div>
      <Group justify="space-between">
        <Text size="xs" c="dimmed" className="tabular">
          {instant(new Date(from).toISOString())}
        </Text>
        <Text size="xs" c="dimmed" visibleFrom="sm">
          Drag, or use ← and → to step from event to event
        </Text>
        <Text size="xs" c="dimmed">
          now
        </Text>
      </Group>
    </Box>
  );
}
