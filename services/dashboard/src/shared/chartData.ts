/** A line of a chart: instants in ms since 1970, oldest first; null is a gap (nothing was measured). */
export interface ChartSeries {
  name: string;
  points: readonly (readonly [number, number | null])[];
}

/** What a chart shows, in words, for those who do not see it. */
export function summaryOf(series: readonly ChartSeries[], format: (value: number) => string): string {
  return series
    .map(({ name, points }) => {
      const values = points.flatMap(([, v]) => (v === null ? [] : [v]));
      return values.length === 0
        ? `${name}: nothing measured`
        : `${name}: last ${format(values[values.length - 1]!)}, lowest ${format(Math.min(...values))}, highest ${format(Math.max(...values))}`;
    })
    .join('. ');
}

/** The lines as rows of a table, newest first; an instant that one line lacks has null there. */
export function tableOf(series: readonly ChartSeries[]): { at: number; values: (number | null)[] }[] {
  const rows = new Map<number, (number | null)[]>();
  series.forEach(({ points }, i) =>
    points.forEach(([at, value]) => {
      const row = rows.get(at) ?? series.map(() => null);
      row[i] = value;
      rows.set(at, row);
    }),
  );
  return [...rows].map(([at, values]) => ({ at, values })).sort((a, b) => b.at - a.at);
}

/** The end of a value axis and the distance of its lines, so that they are round numbers in units of 1024: three or four lines, the highest at or above `highest`. */
export function binaryAxis(highest: number): { max: number; interval: number } {
  const unit = 1024 ** Math.max(0, Math.floor(Math.log(Math.max(highest, 1)) / Math.log(1024)));
  const wanted = Math.max(highest / unit, 1) / 4;
  const power = 10 ** Math.floor(Math.log10(wanted));
  const step = [1, 2, 2.5, 5, 10].map(n => n * power).find(n => n >= wanted)!;
  return { max: Math.ceil(Math.max(highest / unit, 1) / step - 1e-9) * step * unit, interval: step * unit };
}

/** The same points with a gap wherever nothing was measured for longer than `gapMs`, so that no line is drawn over what is not known. */
export function withGaps(points: readonly (readonly [number, number | null])[], gapMs: number): (readonly [number, number | null])[] {
  return points.flatMap((point, i) => {
    const before = points[i - 1];
    return before && point[0] - before[0] > gapMs ? [[before[0] + 1, null] as const, point] : [point];
  });
}
