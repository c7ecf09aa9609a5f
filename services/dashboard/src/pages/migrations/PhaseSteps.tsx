import { Box, Text } from '@mantine/core';
import { IconAlertTriangle, IconCheck, IconLoader2, IconX } from '@tabler/icons-react';
import { duration, instant, words } from '../../shared/format';
import { isOpen, type Migration, straightPhases } from './progress';
import styles from './phaseSteps.module.css';

interface Phase {
  name: string;
  /** Entered; undefined: it may still come. */
  since?: number;
  until?: number;
}

/** The phases passed, and, while nothing went wrong, those to come. */
export function phasesOf(m: Pick<Migration, 'phases' | 'phase' | 'status'>, now: number): Phase[] {
  const open = isOpen(m.status);
  const passed: Phase[] = m.phases.map((p, i) => ({
    name: p.phase,
    since: Date.parse(p.enteredAt),
    until: m.phases[i + 1] ? Date.parse(m.phases[i + 1]!.enteredAt) : open ? now : undefined,
  }));
  const place = (straightPhases as readonly string[]).indexOf(m.phase);
  return open && place >= 0 ? [...passed, ...straightPhases.slice(place + 1).map(name => ({ name }))] : passed;
}

/** The way of a migration, phase by phase, with how long each took. */
export function PhaseSteps({ migration, now }: { migration: Migration; now: number }) {
  const phases = phasesOf(migration, now);
  const last = phases.findLastIndex(p => p.since !== undefined);
  const open = isOpen(migration.status);
  return (
    <ol className={styles.steps} aria-label="Phases">
      {phases.map((phase, i) => {
        const bad = phase.name === 'Failed' || phase.name === 'RollingBack' || phase.name === 'RolledBack' || phase.name === 'Cancelling';
        const doubt = phase.name === 'InDoubt';
        const state = phase.since === undefined ? 'coming' : i === last && open ? 'now' : bad || doubt ? 'bad' : 'done';
        return (
          <li key={`${phase.name}-${i}`} className={styles.step} data-state={state} aria-current={state === 'now' ? 'step' : undefined}>
            <span className={styles.dot} aria-hidden>
              {state === 'done' ? <IconCheck size={12} stroke={3} /> : state === 'now' ? <IconLoader2 size={12} stroke={3} /> : doubt ? <IconAlertTriangle size={12} /> : bad && state !== 'coming' ? <IconX size={12} stroke={3} /> : null}
            </span>
            <Box miw={0}>
              <Text size="xs" fw={state === 'now' ? 700 : 500} truncate title={phase.since ? instant(new Date(phase.since).toISOString()) : undefined}>
                {phase.name === 'PreparingDestination' ? 'Preparing' : words(phase.name)}
              </Text>
              <Text size="xs" c="dimmed" className="tabular">
                {phase.since !== undefined && phase.until !== undefined ? duration(Math.max(0, phase.until - phase.since) / 1000) : ' '}
              </Text>
            </Box>
          </li>
        );
      })}
    </ol>
  );
}
