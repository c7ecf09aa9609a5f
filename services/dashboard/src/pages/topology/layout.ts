/** Where the hosts stand in the picture, and how much of each is shown so that it can be read. */
export interface Place {
  x: number;
  y: number;
}

/** VMs by name, VMs as dots, or only how many there are. */
export type Level = 'names' | 'dots' | 'counts';

interface Look {
  width: number;
  gap: Place;
  /** The height above the VMs. */
  head: number;
  /** So many VMs stand in a row of a host. */
  inRow: number;
  row: number;
  /** More VMs of one host are counted, with a link to the list. */
  most: number;
  /** With more VMs in the whole fleet the browser would be slow. */
  mostInFleet: number;
  /** Drawn smaller than this share of its true size it cannot be read. */
  leastZoom: number;
}

export const looks: Record<Level, Look> = {
  names: { width: 250, gap: { x: 70, y: 50 }, head: 92, inRow: 2, row: 28, most: 60, mostInFleet: 400, leastZoom: 0.72 },
  dots: { width: 170, gap: { x: 26, y: 22 }, head: 56, inRow: 9, row: 16, most: 108, mostInFleet: 5_000, leastZoom: 0.5 },
  counts: { width: 150, gap: { x: 22, y: 20 }, head: 64, inRow: 1, row: 0, most: 0, mostInFleet: Infinity, leastZoom: 0 },
};

/** A line that says how many more there are. */
const moreLine = 22;

/** The height of a host's box. */
export function heightOf(vms: number, level: Level): number {
  const { head, inRow, row, most } = looks[level];
  return head + Math.ceil(Math.min(vms, most) / inRow) * row + (most > 0 && vms > most ? moreLine : 0);
}

/** How large a picture of so many columns is. */
function extent(heights: readonly number[], columns: number, { width, gap }: Look): { width: number; height: number } {
  let height = 0;
  for (let row = 0; row < heights.length; row += columns) {
    height += Math.max(...heights.slice(row, row + columns)) + gap.y;
  }

  return { width: Math.min(columns, heights.length) * (width + gap.x) - gap.x, height: height - gap.y };
}

/** Places for boxes of these heights, row by row; each row is as high as its highest box. As many columns as let it be drawn largest in its window, the fewest of those. */
export function places(heights: readonly number[], aspect: number, level: Level): Place[] {
  const look = looks[level];
  const { width, gap } = look;
  const average = heights.reduce((sum, h) => sum + h, 0) / Math.max(1, heights.length);
  const guess = Math.sqrt((heights.length * aspect * (average + gap.y)) / (width + gap.x));
  let [columns, least] = [1, Infinity];
  for (let tried = Math.max(1, Math.floor(guess / 2)); tried <= Math.min(heights.length, Math.ceil(guess * 2)); tried++) {
    const size = extent(heights, tried, look);
    const needed = Math.max(size.width / aspect, size.height);
    if (needed < least) {
      [columns, least] = [tried, needed];
    }
  }

  const made: Place[] = [];
  let y = 0;
  for (let row = 0; row < heights.length; row += columns) {
    const ofRow = heights.slice(row, row + columns);
    ofRow.forEach((_, column) => made.push({ x: column * (width + gap.x), y }));
    y += Math.max(...ofRow) + gap.y;
  }

  return made;
}

/** What tells hosts from each other: their names without the domain that they all have. */
export function shortNames(names: readonly string[]): readonly string[] {
  const domain = /\..*$/.exec(names[0] ?? '')?.[0];
  return domain && names.length > 1 && names.every(n => n.endsWith(domain) && n.length > domain.length) ? names.map(n => n.slice(0, -domain.length)) : names;
}

interface Window {
  width: number;
  height: number;
}

/** How large the whole picture is drawn in a window: 1 is its true size, and the most. */
export function zoomOf(vmCounts: readonly number[], level: Level, window: Window): number {
  const heights = vmCounts.map(n => heightOf(n, level));
  const at = places(heights, window.width / window.height, level);
  const right = Math.max(0, ...at.map(p => p.x)) + looks[level].width;
  const bottom = Math.max(0, ...at.map((p, i) => p.y + heights[i]!));
  return Math.min(1, window.width / right, window.height / bottom);
}

/** The most that can be shown of hosts with so many VMs each and still be read in a window. */
export function levelFor(vmCounts: readonly number[], window: Window): Level {
  const total = vmCounts.reduce((sum, n) => sum + n, 0);
  const levels: readonly Level[] = ['names', 'dots', 'counts'];
  return levels.find(level => total <= looks[level].mostInFleet && zoomOf(vmCounts, level, window) >= looks[level].leastZoom)!;
}

/** The sides by which a line leaves one host and reaches another, so that it lies between them and not over them or those between. `neighbour` is how far apart two hosts of a row are that stand side by side. */
export function handles(from: Place | undefined, to: Place | undefined, neighbour = Infinity): { sourceHandle: string; targetHandle: string } {
  const [x, y] = [(to?.x ?? 0) - (from?.x ?? 0), (to?.y ?? 0) - (from?.y ?? 0)];
  const [leaves, reaches] = y > 0 ? ['bottom', 'top'] : y < 0 ? ['top', 'bottom'] : Math.abs(x) > neighbour ? ['bottom', 'bottom'] : x >= 0 ? ['right', 'left'] : ['left', 'right'];
  return { sourceHandle: `from ${leaves}`, targetHandle: `to ${reaches}` };
}

/** How far apart two hosts are that stand side by side. */
export const neighbourOf = (level: Level) => looks[level].width + looks[level].gap.x;
