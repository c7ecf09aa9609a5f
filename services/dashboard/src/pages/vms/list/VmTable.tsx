import { IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useRouter } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, memo, type MouseEvent, useEffect, useLayoutEffect, useRef, useState } from 'react';
import type { Column } from './columns';
import { nextSort, type SortKey, type VmFilter } from './vmFilter';
import type { VmRow } from './VmRows';
import { VmTableRow } from './VmTableRow';
import styles from './vmTable.module.css';

interface Props {
  rows: readonly VmRow[];
  /** How many rows the list has, also those not loaded. */
  total: number;
  columns: readonly Column[];
  sort: VmFilter['sort'];
  onSort: (sort: VmFilter['sort']) => void;
  selected: ReadonlySet<string>;
  onSelect: (selected: ReadonlySet<string>) => void;
  /** The last row that is to be seen: it has to be loaded. */
  onNeed: (index: number) => void;
  /** Two lines a row, for narrow screens. */
  narrow: boolean;
  /** Which list it is: another one begins at its top. */
  list: string | undefined;
}

const overscan = 8;

/** The list as a grid of which only the visible rows exist: arrows move, Enter opens, Space selects, Shift selects a range. */
export const VmTable = memo(function VmTable({ rows, total, columns, sort, onSort, selected, onSelect, onNeed, narrow, list }: Props) {
  const router = useRouter();
  const scroll = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const anchor = useRef(0);
  const rowHeight = narrow ? 58 : 38;
  const virtual = useVirtualizer({ count: total, getScrollElement: () => scroll.current, estimateSize: () => rowHeight, overscan });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onNeed(last), [last, onNeed, rows]);
  useEffect(() => virtual.measure(), [rowHeight, virtual]);
  useLayoutEffect(() => {
    if (scroll.current && scroll.current.scrollTop > 0) {
      scroll.current.scrollTop = 0;
    }
    setActive(0);
  }, [list]);

  const open = (vm: VmRow | undefined) => vm && void router.navigate({ to: `/vms/${vm.id}` as string });
  const select = (index: number, range: boolean) => {
    const vm = rows[index];
    if (!vm) {
      return;
    }

    const next = new Set(selected);
    const on = !selected.has(vm.id);
    const [from, to] = range ? [Math.min(anchor.current, index), Math.max(anchor.current, index)] : [index, index];
    rows.slice(from, to + 1).forEach(r => (on ? next.add(r.id) : next.delete(r.id)));
    anchor.current = index;
    onSelect(next);
  };
  const click = (event: MouseEvent) => {
    const target = event.target as HTMLElement;
    const index = Number(target.closest<HTMLElement>('[data-index]')?.dataset.index ?? Number.NaN);
    const elsewhere = event.ctrlKey || event.metaKey || event.shiftKey || event.altKey;
    if (Number.isNaN(index)) {
      return;
    }

    setActive(index);
    if (target.closest('input')) {
      select(index, event.shiftKey);
    } else if (!target.closest('a')) {
      open(rows[index]);
    } else if (!elsewhere) {
      // Another tab or window is the browser's affair.
      event.preventDefault();
      open(rows[index]);
    }
  };
  const keyDown = (event: KeyboardEvent) => {
    const page = Math.max(1, Math.floor((scroll.current?.clientHeight ?? rowHeight) / rowHeight) - 2);
    const steps: Record<string, number> = { ArrowDown: active + 1, ArrowUp: active - 1, PageDown: active + page, PageUp: active - page, Home: 0, End: total - 1 };
    if (event.target !== scroll.current) {
      return;
    }

    if (event.key in steps) {
      const to = Math.max(0, Math.min(total - 1, steps[event.key]!));
      setActive(to);
      virtual.scrollToIndex(to);
    } else if (event.key === 'Enter') {
      open(rows[active]);
    } else if (event.key === ' ') {
      select(active, event.shiftKey);
    } else {
      return;
    }

    event.preventDefault();
  };
  const template = narrow ? '22px 1fr auto' : `22px minmax(170px, 1.8fr) 118px ${columns.map(c => c.width).join(' ')}`;
  const allLoaded = rows.length > 0 && rows.every(r => selected.has(r.id));
  return (
    <div className={styles.frame}>
      <div
        ref={scroll}
        className={styles.scroll}
        role="grid"
        aria-label="VMs"
        aria-rowcount={total + 1}
        aria-multiselectable
        aria-activedescendant={rows[active] ? `vm-row-${active}` : undefined}
        tabIndex={0}
        onKeyDown={keyDown}
        data-vm-grid
        style={{ height: `calc(100dvh - ${narrow ? 245 : 215}px)`, minHeight: 240 }}
      >
        <div className={`${styles.row} ${styles.head}`} role="row" style={{ gridTemplateColumns: template }}>
          <div role="columnheader" className={styles.check}>
            <input
              type="checkbox"
              aria-label="Select all that are loaded"
              checked={allLoaded}
              ref={box => {
                if (box) {
                  box.indeterminate = !allLoaded && selected.size > 0;
                }
              }}
              onChange={() => onSelect(allLoaded ? new Set() : new Set([...selected, ...rows.map(r => r.id)]))}
            />
          </div>
          <SortHeader label="Name" sortKey="name" sort={sort} onSort={onSort} />
          <SortHeader label="State" sortKey="state" sort={sort} onSort={onSort} />
          {!narrow && columns.map(c => <SortHeader key={c.key} label={c.label} sortKey={c.sort} sort={sort} onSort={onSort} right={c.right} />)}
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }} onClick={click} onMouseEnter={() => void router.preloadRoute({ to: '/vms/$id', params: { id: '' } })}>
          {items.map(({ index, start }) => (
            // By place, not by VM: the rows of another list take the elements over.
            <VmTableRow key={index} vm={rows[index]} index={index} start={start} height={rowHeight} template={template} columns={columns} narrow={narrow} active={index === active} selected={selected.has(rows[index]?.id ?? '')} />
          ))}
        </div>
      </div>
    </div>
  );
});

function SortHeader({ label, sortKey, sort = 'name', onSort, right }: { label: string; sortKey?: SortKey; sort: VmFilter['sort']; onSort: Props['onSort']; right?: boolean }) {
  const up = sort === sortKey;
  const down = sort === `-${sortKey}`;
  return (
    <div role="columnheader" aria-sort={up ? 'ascending' : down ? 'descending' : sortKey ? 'none' : undefined} className={`${styles.cell} ${right ? styles.right : ''}`}>
      {sortKey ? (
        <button type="button" className={styles.sort} onClick={() => onSort(nextSort(sort, sortKey))}>
          {label}
          {up && <IconChevronUp size={13} aria-hidden />}
          {down && <IconChevronDown size={13} aria-hidden />}
        </button>
      ) : (
        label
      )}
    </div>
  );
}
