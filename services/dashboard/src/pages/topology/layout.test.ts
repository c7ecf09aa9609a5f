import { expect, test } from 'vitest';
import { handles, heightOf, type Level, levelFor, looks, places, shortNames, zoomOf } from './layout';

const window = { width: 1030, height: 560 };
const levels: readonly Level[] = ['names', 'dots', 'counts'];

test.each(levels)('no two hosts overlap, however high they are: %s', level => {
  const heights = Array.from({ length: 50 }, (_, i) => heightOf((i * 7) % 40, level));
  const at = places(heights, 1.6, level);
  for (let a = 0; a < 50; a++) {
    for (let b = a + 1; b < 50; b++) {
      const apart = Math.abs(at[a]!.x - at[b]!.x) >= looks[level].width || at[a]!.y + heights[a]! <= at[b]!.y || at[b]!.y + heights[b]! <= at[a]!.y;
      expect(apart, `${a} and ${b}`).toBe(true);
    }
  }
});

test('a wide window gets more columns than a narrow one', () => {
  const columns = (aspect: number) => new Set(places(Array(12).fill(300), aspect, 'names').map(p => p.x)).size;
  expect(columns(2)).toBeGreaterThan(columns(0.5));
  expect(places([], 1, 'names')).toEqual([]);
});

test('a few hosts show the names of their VMs, fifty hosts with a thousand VMs show dots, a hundred thousand VMs only counts', () => {
  const fleet = (hosts: number, each: number) => levelFor(Array(hosts).fill(each), window);
  expect(fleet(4, 10)).toBe('names');
  expect(fleet(50, 20)).toBe('dots');
  expect(fleet(50, 2_000)).toBe('counts');
  expect(fleet(0, 0)).toBe('names');
});

test('fifty hosts with a thousand VMs can be read in a usual window', () => {
  expect(zoomOf(Array(50).fill(20), 'dots', window)).toBeGreaterThan(0.6);
  expect(zoomOf([3], 'names', window)).toBe(1);
});

test('four hosts are two and two, and fifty leave no broad margin', () => {
  expect(places(Array(4).fill(232), 1.85, 'names').map(p => p.x)).toEqual([0, 320, 0, 320]);
  const at = places(Array(50).fill(104), 1.6, 'dots');
  const [right, bottom] = [Math.max(...at.map(p => p.x)) + looks.dots.width, Math.max(...at.map(p => p.y)) + 104];
  expect(right / bottom).toBeGreaterThan(1.3);
  expect(right / bottom).toBeLessThan(1.9);
});

test('the domain that all hosts have is not shown', () => {
  expect(shortNames(['a.dc1.example', 'b.dc1.example'])).toEqual(['a', 'b']);
  expect(shortNames(['a.dc1.example', 'b.dc2.example'])).toEqual(['a.dc1.example', 'b.dc2.example']);
  expect(shortNames(['a.example'])).toEqual(['a.example']);
});

test('a host with very many VMs is no higher than its most, and a line for the rest', () => {
  expect(heightOf(10_000, 'names')).toBe(heightOf(61, 'names'));
  expect(heightOf(61, 'names')).toBeGreaterThan(heightOf(60, 'names'));
  expect(heightOf(10_000, 'counts')).toBe(heightOf(0, 'counts'));
});

test('a line leaves a host on the side of the other', () => {
  expect(handles({ x: 0, y: 0 }, { x: 300, y: 0 })).toEqual({ sourceHandle: 'from right', targetHandle: 'to left' });
  expect(handles({ x: 0, y: 300 }, { x: 300, y: 0 })).toEqual({ sourceHandle: 'from top', targetHandle: 'to bottom' });
  expect(handles({ x: 0, y: 0 }, { x: 900, y: 0 }, 300)).toEqual({ sourceHandle: 'from bottom', targetHandle: 'to bottom' });
});
