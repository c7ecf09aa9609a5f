import { expect, it } from 'vitest';
import { binaryAxis, summaryOf, tableOf, withGaps } from './chartData';

const percent = (v: number) => `${v} %`;

it('sums a line up with its last, lowest and highest value, gaps left out', () =>
  expect(summaryOf([{ name: 'CPU', points: [[0, 4], [1, null], [2, 9], [3, 7]] }, { name: 'Disk', points: [] }], percent)).toBe('CPU: last 7 %, lowest 4 %, highest 9 %. Disk: nothing measured'));

it('puts lines side by side in a table, newest first', () =>
  expect(tableOf([{ name: 'a', points: [[1, 10], [2, 20]] }, { name: 'b', points: [[2, 200]] }])).toEqual([{ at: 2, values: [20, 200] }, { at: 1, values: [10, null] }]));

it('divides an axis of bytes into round numbers', () => {
  expect(binaryAxis(190 * 1024)).toEqual({ max: 200 * 1024, interval: 50 * 1024 });
  expect(binaryAxis(8.6 * 2 ** 30)).toEqual({ max: 10 * 2 ** 30, interval: 2.5 * 2 ** 30 });
  expect(binaryAxis(0)).toEqual({ max: 1, interval: 0.25 });
});

it('breaks a line where nothing was measured', () => expect(withGaps([[0, 1], [10, 2], [100, 3]], 30)).toEqual([[0, 1], [10, 2], [11, null], [100, 3]]));
