import { useEffect, useState } from 'react';
import type { Schema } from '../../api/client';
import { useLiveEvents } from '../../live/LiveProvider';
import { duration } from '../../shared/format';

export type Migration = Schema<'MigrationView'>;

/** How far a migration's transfer is. */
export interface Progress {
  percent: number;
  bytesPerSecond?: number | null;
  dirtyBytesPerSecond?: number | null;
  transferredBytes?: number;
  remainingBytes?: number;
  totalBytes?: number;
  etaLowSeconds?: number | null;
  etaHighSeconds?: number | null;
}

/** A point of `GET /v1/migrations/{id}/progress` and of `migration_progressed`. */
export interface ProgressPoint extends Progress {
  at: string;
}

const ended: ReadonlySet<string> = new Set(['Succeeded', 'Failed', 'Cancelled', 'RolledBack']);

export const isOpen = (status: string) => !ended.has(status);

/** The progress in a migration's own view. */
export function progressOf(migration: Pick<Migration, 'progress' | 'status'>): Progress | undefined {
  const p = migration.progress;
  return migration.status === 'Succeeded'
    ? { ...p, percent: 100 }
    : (p ?? undefined) && { ...p!, etaLowSeconds: p!.etaP10Ms == null ? undefined : p!.etaP10Ms / 1000, etaHighSeconds: p!.etaP90Ms == null ? undefined : p!.etaP90Ms / 1000 };
}

/** The newer of two, but never further back than what was shown: a bar that runs backwards tells nothing. */
export const forward = (before: Progress | undefined, next: Progress | undefined): Progress | undefined =>
  !next ? before : !before || next.percent >= before.percent ? next : { ...next, percent: before.percent };

/** "2 s to 5 s left"; what cannot be foreseen is said. */
export function etaWords(p: Pick<Progress, 'etaLowSeconds' | 'etaHighSeconds'> | undefined): string {
  const [low, high] = [p?.etaLowSeconds, p?.etaHighSeconds];
  return low == null && high == null ? 'end not foreseeable yet' : high == null ? `at least ${duration(low)} left, may not end` : low == null || Math.abs(high - low) < 0.5 ? `about ${duration(high)} left` : `${duration(low)} to ${duration(high)} left`;
}

/** A migration's progress as it is told live, between the reads of its view. */
export function useProgress(migration: Migration): Progress | undefined {
  const [shown, setShown] = useState<{ id: string; progress: Progress | undefined }>({ id: migration.id, progress: progressOf(migration) });
  useEffect(() => {
    setShown(s => ({ id: migration.id, progress: s.id === migration.id ? forward(s.progress, progressOf(migration)) : progressOf(migration) }));
  }, [migration]);
  useLiveEvents(event => {
    if (event.type === 'migration_progressed' && event.data.operationId === migration.id && typeof event.data.percent === 'number') {
      setShown(s => ({ id: migration.id, progress: forward(s.progress, event.data as unknown as Progress) }));
    }
  });
  return shown.id === migration.id ? shown.progress : progressOf(migration);
}

/** The phases that a migration passes when nothing goes wrong. */
export const straightPhases = ['Requested', 'Preflight', 'Reserving', 'PreparingDestination', 'Transferring', 'Finishing', 'Confirming', 'Completed'] as const;
