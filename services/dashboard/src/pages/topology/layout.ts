/** Where the hosts stand in the picture: as many columns as make it about as wide as its window. */
export interface Place {
  x: number;
  y: number;
}

export const hostWidth = 250;
const gap = { x: 70, y: 50 };

/** Places for boxes of these heights, row by row; each row is as high as its highest box. */
export function places(heights: readonly number[], aspect: number): Place[] {
  const average = heights.reduce((sum, h) => sum + h, 0) / Math.max(1, heights.length);
  const fitting = Math.max(1, Math.min(heights.length, Math.round(Math.sqrt((heights.length * aspect * (average + gap.y)) / (hostWidth + gap.x)))));
  // The same number of rows, filled evenly: four hosts are two and two, not three and one.
  const columns = Math.ceil(heights.length / Math.ceil(heights.length / fitting)) || 1;
  const made: Place[] = [];
  let y = 0;
  for (let row = 0; row < heights.length; row += columns) {
    const ofRow = heights.slice(row, row + columns);
    ofRow.forEach((_, column) => made.push({ x: column * (hostWidth + gap.x), y }));
    y += Math.max(...ofRow) + gap.y;
  }

  return made;
}

/** The sides by which a line leaves one host and reaches another, so that it lies between them and not over them. */
export function handles(from: Place | undefined, to: Place | undefined): { sourceHandle: string; targetHandle: string } {
  const [x, y] = [(to?.x ?? 0) - (from?.x ?? 0), (to?.y ?? 0) - (from?.y ?? 0)];
  const [leaves, reaches] = y > 0 ? ['bottom', 'top'] : y < 0 ? ['top', 'bottom'] : x >= 0 ? ['right', 'left'] : ['left', 'right'];
  return { sourceHandle: `from ${leaves}`, targetHandle: `to ${reaches}` };
}

export const mostVmsShown = 400;
export const mostVmsInHost = 60;
const [head, chip, chipColumns, padding] = [74, 28, 2, 18];

/** The height of a host's box: with its VMs as chips, or with counts only. */
export const heightOf = (vms: number, counts: boolean) => (counts || vms === 0 ? head + 44 : head + padding + Math.ceil(Math.min(vms, mostVmsInHost) / chipColumns) * chip);
