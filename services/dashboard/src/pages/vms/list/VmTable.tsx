import { Badge, Checkbox, Group, Text, Tooltip } from '@mantine/core';
import { IconArrowsExchange, IconChevronDown, IconChevronUp } from '@tabler/icons-react';
import { useNavigate } from '@tanstack/react-router';
import { useVirtualizer } from '@tanstack/react-virtual';
import { type KeyboardEvent, useEffect, useRef, useState } from 'react';
import { mebibytes } from '../../../shared/format';
import { VmLink } from '../../../shared/links';
import { StateBadge } from '../../../shared/StateBadge';
import type { Column } from './columns';
import { nextSort, type SortKey, type VmFilter } from './vmFilter';
import type { VmRow } from './VmRows';
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
  /** Grows when another list is shown: then it begins at its top. */
  listNumber: number;
}

/** The list as a grid of which only the visible rows exist: arrows move, Enter opens, Space selects, Shift selects a range. */
export function VmTable({ rows, total, columns, sort, onSort, selected, onSelect, onNeed, narrow, listNumber }: Props) {
  const navigate = useNavigate();
  const scroll = useRef<HTMLDivElement>(null);
  const [active, setActive] = useState(0);
  const anchor = useRef(0);
  const rowHeight = narrow ? 58 : 38;
  const virtual = useVirtualizer({ count: total, getScrollElement: () => scroll.current, estimateSize: () => rowHeight, overscan: 12, scrollMargin: 0 });
  const items = virtual.getVirtualItems();
  const last = items.at(-1)?.index ?? 0;
  useEffect(() => onNeed(last), [last, onNeed, rows]);
  useEffect(() => virtual.measure(), [rowHeight, virtual]);
  useEffect(() => {
    scroll.current?.scrollTo({ top: 0 });
    setActive(0);
  }, [listNumber]);

  const open = (vm: VmRow | undefined) => vm && void navigate({ to: `/vms/${vm.id}` as string });
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
          <div role="columnheader">
            <Checkbox
              size="xs"
              aria-label="Select all that are loaded"
              checked={allLoaded}
              indeterminate={!allLoaded && selected.size > 0}
              onChange={() => onSelect(allLoaded ? new Set() : new Set([...selected, ...rows.map(r => r.id)]))}
            />
          </div>
          <SortHeader label="Name" sortKey="name" sort={sort} onSort={onSort} />
          <SortHeader label="State" sortKey="state" sort={sort} onSort={onSort} />
          {!narrow && columns.map(c => <SortHeader key={c.key} label={c.label} sortKey={c.sort} sort={sort} onSort={onSort} right={c.right} />)}
        </div>
        <div role="rowgroup" style={{ height: virtual.getTotalSize(), position: 'relative' }}>
          {items.map(({ index, start }) => {
            const vm = rows[index];
            const place = { transform: `translateY(${start}px)`, height: rowHeight, gridTemplateColumns: template };
            return vm ? (
              <div
                key={vm.id}
                id={`vm-row-${index}`}
                role="row"
                aria-rowindex={index + 2}
                aria-selected={selected.has(vm.id)}
                data-active={index === active || undefined}
                data-vm={vm.id}
                data-state={vm.state}
                className={`${styles.row} ${styles.item} ${vm.stale || vm.missingSince ? styles.old : ''}`}
                style={place}
                onClick={event => {
                  setActive(index);
                  if (!(event.target as HTMLElement).closest('a, input, label')) {
                    open(vm);
                  }
                }}
              >
                <div role="gridcell">
                  <Checkbox size="xs" tabIndex={-1} aria-label={`Select ${vm.name}`} checked={selected.has(vm.id)} onChange={() => {}} onClick={event => select(index, event.shiftKey)} />
                </div>
                <div role="gridcell" className={styles.cell}>
                  <Group gap={6} wrap="nowrap">
                    <Text span fz="sm" fw={500} truncate>
                      <VmLink id={vm.id} name={vm.name} />
                    </Text>
                    <Marks vm={vm} />
                  </Group>
                  {narrow && (
                    <Text fz="xs" c="dimmed" truncate>
                      {vm.hostName ?? '–'} · {mebibytes(vm.memoryMiB)}
                    </Text>
                  )}
                </div>
                <div role="gridcell">
                  <StateBadge state={vm.state} />
                </div>
                {!narrow &&
                  columns.map(c => (
                    <div key={c.key} role="gridcell" className={`${styles.cell} ${c.right ? styles.right : ''}`}>
                      {c.cell(vm)}
                    </div>
                  ))}
              </div>
            ) : (
              <div key={index} role="row" aria-rowindex={index + 2} className={`${styles.row} ${styles.item}`} style={place}>
                <div role="gridcell" />
                <div role="gridcell" aria-label="Loading">
                  <div className={styles.pending} />
                </div>
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

function Marks({ vm }: { vm: VmRow }) {
  return (
    <>
      {vm.migrationId && (
        <Tooltip label="It is being migrated">
          <IconArrowsExchange size={15} aria-label="being migrated" color="var(--mantine-primary-color-filled)" />
        </Tooltip>
      )}
      {vm.missingSince && (
        <Badge size="xs" color="red">
          Missing
        </Badge>
      )}
      {vm.duplicateRunning && (
        <Badge size="xs" color="red">
          Runs twice
        </Badge>
      )}
      {vm.stale && !vm.missingSince && (
        <Tooltip label="Its host is not answering: this is what was last known.">
          <Badge size="xs" color="gray" variant="outline">
            Stale
          </Badge>
        </Tooltip>
      )}
    </>
  );
}

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
