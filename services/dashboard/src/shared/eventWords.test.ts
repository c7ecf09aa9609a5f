import { describe, expect, it } from 'vitest';
import { eventWords } from './eventWords';

const host = (id: string | null | undefined) => (id === 'h1' ? 'alpha' : id === 'h2' ? 'beta' : '–');

describe('events in words', () => {
  it('names states, host and who asked', () => {
    const said = eventWords({ type: 'vm_state_changed', data: { hostId: 'h1', from: 'Off', to: 'ShuttingDown', trail: { requestedBy: 'eve', reason: 'patch' } } }, host);
    expect(said).toMatchObject({ title: 'Off → Shutting Down', detail: 'on alpha · by eve: patch', tone: 'neutral' });
  });

  it('says which alert is over and who signed in', () => {
    expect(eventWords({ type: 'alert_cleared', data: { rule: 'vm-missing', subjectName: 'web' } }, host).title).toBe('Over: vm missing, web');
    expect(eventWords({ type: 'signed_in', data: { subject: 'ada', address: '10.0.0.7' } }, host)).toMatchObject({ title: 'ada signed in', detail: 'from 10.0.0.7' });
  });

  it('tells a crash as bad news', () => expect(eventWords({ type: 'vm_state_changed', data: { from: 'Running', to: 'Crashed' } }, host).tone).toBe('bad'));

  it('says how long a migration took and how long the guest stood still', () => {
    const said = eventWords({ type: 'vm_migration_completed', data: { sourceHostId: 'h1', destinationHostId: 'h2', totalMs: 65_000, downtimeMs: 80, transferredBytes: 2 ** 30 } }, host);
    expect(said.title).toBe('Migration completed, from alpha to beta');
    expect(said.detail).toBe('took 1 min 5 s · paused 80 ms · 1.0 GiB moved');
  });

  it('keeps the error of a failure', () => {
    const error = { kind: 'Fatal', code: 'x', message: 'the disk is gone' };
    expect(eventWords({ type: 'vm_operation_failed', data: { kind: 'StartVm', hostId: 'h2', error } }, host)).toMatchObject({ title: 'Start VM: failed on beta', detail: 'the disk is gone', error, tone: 'bad' });
  });

  it('names a type it does not know', () => expect(eventWords({ type: 'vm_sang_a_song', data: null }, host)).toMatchObject({ title: 'Vm sang a song', tone: 'neutral' }));
});
