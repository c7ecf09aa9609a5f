import { expect, test } from 'vitest';
import { handles, heightOf, hostWidth, places } from './layout';

test('no two hosts overlap, however high they are', () => {
  const heights = Array.from({ length: 50 }, (_, i) => heightOf((i * 7) % 40, false));
  const at = places(heights, 1.6);
  for (let a = 0; a < 50; a++) {
    for (let b = a + 1; b < 50; b++) {
      const apart = Math.abs(at[a]!.x - at[b]!.x) >= hostWidth || at[a]!.y + heights[a]! <= at[b]!.y || at[b]!.y + heights[b]! <= at[a]!.y;
      expect(apart, `${a} and ${b}`).toBe(true);
    }
  }
});

test('a wide window gets more columns than a narrow one', () => {
  const columns = (aspect: number) => new Set(places(Array(12).fill(300), aspect).map(p => p.x)).size;
  expect(columns(2)).toBeGreaterThan(columns(0.5));
  expect(places([], 1)).toEqual([]);
});

test('a line leaves a host on the side of the other', () => {
  expect(handles({ x: 0, y: 0 }, { x: 300, y: 0 })).toEqual({ sourceHandle: 'from right', targetHandle: 'to left' });
  expect(handles({ x: 0, y: 300 }, { x: 300, y: 0 })).toEqual({ sourceHandle: 'from top', targetHandle: 'to bottom' });
});
