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

  const trail = { requestedBy: 'ada', reason: 'audit' };
  const said = (type: string, data: object) => eventWords({ type, data }, host);

  it('says who was refused what, with which code and from where', () => {
    expect(said('access_refused', { caller: 'bob', address: '10.0.0.9', code: 'forbidden', method: 'POST', endpoint: '/v1/vms/{id}/start', count: 3 })).toMatchObject({
      title: 'Refused to bob: POST /v1/vms/{id}/start', detail: 'forbidden · 3 times · from 10.0.0.9', tone: 'warning',
    });
    expect(said('access_refused', { code: 'unauthorized', method: 'GET', endpoint: '/v1/vms', count: 1 })).toMatchObject({ title: 'Refused to somebody unknown: GET /v1/vms', detail: 'unauthorized' });
  });

  it.each([
    ['api_token_created', { name: 'ci', role: 'Operator', groups: ['web', '*'] }, 'API token ci created', 'Operator over the group web, everything'],
    ['api_token_revoked', { name: 'ci' }, 'API token ci revoked', undefined],
    ['access_granted', { subject: 'user:bob', group: 'web', role: 'Viewer' }, 'user:bob is Viewer over the group web from now on', undefined],
    ['access_grant_removed', { subject: 'user:bob', group: '*', role: 'Admin' }, 'user:bob is no longer Admin over everything', undefined],
    ['resource_group_changed', { group: 'web', hostIds: ['h1', 'h2'], vmIds: ['v'] }, 'Resource group web set', 'hosts: alpha, beta · single VMs: 1'],
    ['resource_group_removed', { group: 'web' }, 'Resource group web removed', undefined],
    ['join_token_created', { tokenId: '12345678-9', name: 'rack 4', hostIds: ['h1'] }, 'Join token rack 4 created', 'for alpha'],
    ['join_token_deleted', { tokenId: '12345678-9' }, 'Join token 12345678 deleted', undefined],
    ['agent_revoked', { hostName: 'kvm-7' }, 'Agent of kvm-7 revoked', undefined],
    ['agent_host_approved', { agentId: 'abcdef01-2', hostName: 'kvm-7' }, 'Host kvm-7 given to an agent', 'agent abcdef01'],
    ['webhook_created', { url: 'https://a.example', types: [] }, 'Webhook to https://a.example created', 'events: all'],
    ['webhook_changed', { url: 'https://a.example', types: ['vm_'], paused: true, secretReplaced: true }, 'Webhook to https://a.example changed', 'events: vm_ · paused · with a new secret'],
    ['webhook_deleted', { url: 'https://a.example' }, 'Webhook to https://a.example deleted', undefined],
  ])('says of %s what it was about, who asked, why and from where', (type, data, title, detail) => {
    expect(said(type, { ...data, trail, address: '10.0.0.7' })).toMatchObject({ title, detail: [detail, 'by ada: audit · from 10.0.0.7'].filter(Boolean).join(' · ') });
  });

  it('says whose token an agent joined with, and which agent claimed a host', () => {
    expect(said('agent_joined', { hostName: 'kvm-7', tokenCreatedBy: 'ada', hostIds: [], address: '10.0.0.9' })).toMatchObject({ title: 'Agent of kvm-7 joined', detail: 'with a join token of ada · from 10.0.0.9' });
    expect(said('agent_host_claimed', { agentId: 'abcdef01-2', hostName: 'kvm-7', address: '10.0.0.9' })).toMatchObject({ title: 'Host kvm-7 claimed by its agent', detail: 'agent abcdef01 · from 10.0.0.9' });
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
