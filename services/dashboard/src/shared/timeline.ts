/** A moment at which something happened. */
export interface Mark {
  /** As the server wrote it: finer than a millisecond, so that "as of" this instant includes what happened in it. */
  at: string;
  ms: number;
}

export const ranges = { hour: 3_600_000, day: 86_400_000, week: 604_800_000, all: Number.POSITIVE_INFINITY } as const;
export type Range = keyof typeof ranges;

/** Where the line of time begins: a range before now, but not before the first thing that is known. */
export function beginning(now: number, range: Range, first: number): number {
  const from = Math.max(now - ranges[range], first);
  // A line of no length has no places: a thing that has just begun gets the last minute.
  return Math.min(from, now - 60_000);
}

/** The instant at a fraction of the line, or undefined for now, which is its end. What lies before the first thing that is known is that thing's own instant. */
export function instantAt(fraction: number, from: number, now: number, first: string): string | undefined {
  if (fraction >= 0.995) {
    return undefined;
  }

  const ms = Math.round(from + Math.max(0, fraction) * (now - from));
  return ms <= Date.parse(first) ? first : new Date(ms).toISOString();
}

/** The mark that is `step` marks away from `at` (undefined is now). Undefined: beyond the last mark is now. Marks are in the order of time. */
export function stepFrom(marks: readonly Mark[], at: string | undefined, step: number): string | undefined {
  if (marks.length === 0) {
    return undefined;
  }

  const ms = at === undefined ? Number.POSITIVE_INFINITY : Date.parse(at);
  // How many marks are at or before this moment, and how many before it.
  const until = marks.filter(m => m.ms < ms || (m.ms === ms && (at === undefined || m.at <= at))).length;
  const before = marks.filter(m => m.ms < ms || (m.ms === ms && at !== undefined && m.at < at)).length;
  const index = step > 0 ? until - 1 + step : before + step;
  return index >= marks.length ? undefined : marks[Math.max(0, index)]!.at;
}

/** The last mark at or before `at`. */
export function markAt<T extends Mark>(marks: readonly T[], at: string | undefined): T | undefined {
  return at === undefined ? marks.at(-1) : marks.findLast(m => m.ms < Date.parse(at) || m.at === at || (m.ms === Date.parse(at) && m.at <= at));
}
