import { expect, it } from 'vitest';
import { beginning, instantAt, type Mark, markAt, stepFrom } from './timeline';

const marks: Mark[] = ['2026-01-01T00:00:10.000001Z', '2026-01-01T00:00:10.000500Z', '2026-01-01T00:00:20.5Z'].map(at => ({ at, ms: Date.parse(at) }));

it('steps from event to event, also within one millisecond, and beyond the last to now', () => {
  expect(stepFrom(marks, undefined, -1)).toBe(marks[2]!.at);
  expect(stepFrom(marks, marks[2]!.at, -1)).toBe(marks[1]!.at);
  expect(stepFrom(marks, marks[1]!.at, -1)).toBe(marks[0]!.at);
  expect(stepFrom(marks, marks[0]!.at, -1)).toBe(marks[0]!.at);
  expect(stepFrom(marks, marks[0]!.at, 1)).toBe(marks[1]!.at);
  expect(stepFrom(marks, '2026-01-01T00:00:15Z', 1)).toBe(marks[2]!.at);
  expect(stepFrom(marks, '2026-01-01T00:00:15Z', -1)).toBe(marks[1]!.at);
  expect(stepFrom(marks, marks[2]!.at, 1)).toBeUndefined();
  expect(stepFrom([], undefined, -1)).toBeUndefined();
});

it('finds what had happened last', () => {
  expect(markAt(marks, '2026-01-01T00:00:15Z')).toBe(marks[1]);
  expect(markAt(marks, '2026-01-01T00:00:05Z')).toBeUndefined();
  expect(markAt(marks, undefined)).toBe(marks[2]);
});

it('has a line of at least a minute that begins with what is known first', () => {
  const now = Date.parse('2026-01-02T00:00:00Z');
  expect(beginning(now, 'hour', now - 600_000)).toBe(now - 600_000);
  expect(beginning(now, 'hour', now - 9e9)).toBe(now - 3_600_000);
  expect(beginning(now, 'all', now - 5)).toBe(now - 60_000);
});

it('takes the end of the line for now, and goes to nothing before the first thing that is known', () => {
  const first = '1970-01-01T00:00:00.400123Z';
  expect(instantAt(1, 0, 1000, first)).toBeUndefined();
  expect(instantAt(0.5, 0, 1000, first)).toBe('1970-01-01T00:00:00.500Z');
  expect(instantAt(0.4, 0, 1000, first)).toBe(first);
  expect(instantAt(-1, 0, 1000, first)).toBe(first);
});
