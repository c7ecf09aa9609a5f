import { IconArrowsExchange } from '@tabler/icons-react';
import { memo } from 'react';
import { mebibytes } from '../../../shared/format';
import { StateBadge } from '../../../shared/StateBadge';
import type { Column } from './columns';
import type { VmRow } from './VmRows';
import styles from './vmTable.module.css';

interface Props {
  vm: VmRow | undefined;
  index: number;
  /** Pixels from the top of the rows. */
  start: number;
  height: number;
  template: string;
  columns: readonly Column[];
  narrow: boolean;
  active: boolean;
  selected: boolean;
}

const noChange = () => {};

/**
 * One row. At every keystroke of a search all visible rows become others, so a row is plain elements without components, and it listens to nothing: the table hears clicks and finds
 * the row by `data-index`.
 */
export const VmTableRow = memo(function VmTableRow({ vm, index, start, height, template, columns, narrow, active, selected }: Props) {
  const place = { transform: `translateY(${start}px)`, height, gridTemplateColumns: template };
  if (!vm) {
    return (
      <div role="row" aria-rowindex={index + 2} className={`${styles.row} ${styles.item}`} style={place}>
        <div role="gridcell" />
        <div role="gridcell" aria-label="Loading">
          <div className={styles.pending} />
        </div>
      </div>
    );
  }

  return (
    <div
      id={`vm-row-${index}`}
      role="row"
      aria-rowindex={index + 2}
      aria-selected={selected}
      data-index={index}
      data-active={active || undefined}
      data-vm={vm.id}
      data-state={vm.state}
      className={vm.stale || vm.missingSince ? `${styles.row} ${styles.item} ${styles.old}` : `${styles.row} ${styles.item}`}
      style={place}
    >
      <div role="gridcell" className={styles.check}>
        <input type="checkbox" tabIndex={-1} aria-label={`Select ${vm.name}`} checked={selected} onChange={noChange} />
      </div>
      <div role="gridcell" className={styles.cell}>
        <div className={styles.name}>
          <a href={`/vms/${vm.id}`} className={styles.link}>
            {vm.name}
          </a>
          {vm.migrationId && (
            <span title="It is being migrated" className={styles.moving}>
              <IconArrowsExchange size={15} aria-label="being migrated" />
            </span>
          )}
          {vm.missingSince && <span className={`${styles.mark} ${styles.bad}`}>Missing</span>}
          {vm.duplicateRunning && <span className={`${styles.mark} ${styles.bad}`}>Runs twice</span>}
          {vm.stale && !vm.missingSince && (
            <span className={styles.mark} title="Its host is not answering: this is what was last known.">
              Stale
            </span>
          )}
        </div>
        {narrow && (
          <div className={styles.second}>
            {vm.hostName ?? '–'} · {mebibytes(vm.memoryMiB)}
          </div>
        )}
      </div>
      <div role="gridcell">
        <StateBadge state={vm.state} />
      </div>
      {!narrow &&
        columns.map(c => (
          <div key={c.key} role="gridcell" className={c.right ? `${styles.cell} ${styles.right}` : styles.cell}>
            {c.cell(vm)}
          </div>
        ))}
    </div>
  );
});
