import type { Schema } from '../api/client';
import { bytes, duration, instant, words } from './format';

/** An event in words: one line, what more there is to say, and whether it is good or bad news. */
export interface EventWords {
  title: string;
  detail?: string;
  tone: 'good' | 'bad' | 'warning' | 'neutral';
  error?: Schema<'ErrorInfo'>;
  operationId?: string;
}

interface KnownEvent {
  type: string;
  data: unknown;
}

type Data = Record<string, unknown>;

const text = (data: Data, name: string) => (typeof data[name] === 'string' && data[name] !== '' ? (data[name] as string) : undefined);
const number = (data: Data, name: string) => (typeof data[name] === 'number' ? (data[name] as number) : undefined);
const join = (...parts: (string | undefined | false)[]) => [...new Set(parts.filter(Boolean))].join(' · ') || undefined;
const by = (data: Data) => {
  const trail = data.trail as Schema<'Trail'> | undefined;
  return trail && `by ${trail.requestedBy}${trail.reason ? `: ${trail.reason}` : ''}`;
};
const members: Record<string, string> = {
  name: 'name', vcpus: 'processors', memoryMiB: 'memory', disks: 'disks', nics: 'network adapters', persistent: 'persistence', details: 'details', epoch: 'epoch', stateReason: 'reason of its state',
};
const listed = (names: unknown) => (Array.isArray(names) ? names.map(n => members[String(n)] ?? words(String(n)).toLowerCase()).join(', ') : '');
/** Resource groups by name; * is all of them. */
const everything = (groups: unknown) => (Array.isArray(groups) ? groups : [groups]).map(g => (g === '*' ? 'everything' : `the group ${String(g)}`)).join(', ');
const state = (name: unknown) => words(String(name ?? 'Unknown')).toLowerCase();

/** One event of the history (or one told live) in words; `host` names a host by its id. Types not known here are named as they are. */
export function eventWords({ type, data: raw }: KnownEvent, host: (id: string | null | undefined) => string): EventWords {
  const data = (raw ?? {}) as Data;
  const error = (data.error as Schema<'ErrorInfo'> | undefined) ?? undefined;
  const operationId = text(data, 'operationId') ?? text(data, 'migrationId');
  const said = { error, operationId, detail: join(by(data), error && error.message) };
  const at = host(text(data, 'hostId'));
  const way = `from ${host(text(data, 'sourceHostId'))} to ${host(text(data, 'destinationHostId'))}`;
  const kind = words(text(data, 'kind') ?? 'operation');
  const good = (title: string, more: Partial<EventWords> = {}): EventWords => ({ ...said, title, tone: 'good', ...more });
  const bad = (title: string, more: Partial<EventWords> = {}): EventWords => ({ ...said, title, tone: 'bad', ...more });
  const warning = (title: string, more: Partial<EventWords> = {}): EventWords => ({ ...said, title, tone: 'warning', ...more });
  const neutral = (title: string, more: Partial<EventWords> = {}): EventWords => ({ ...said, title, tone: 'neutral', ...more });
  const ended = join(number(data, 'totalMs') !== undefined && `took ${duration(number(data, 'totalMs')! / 1000)}`, number(data, 'downtimeMs') !== undefined && `paused ${duration(number(data, 'downtimeMs')! / 1000)}`, number(data, 'transferredBytes') !== undefined && `${bytes(number(data, 'transferredBytes'))} moved`);
  // Of events about access.
  const from = text(data, 'address') && `from ${text(data, 'address')}`;
  const asked = join(by(data), from);
  const role = text(data, 'role');
  const named = text(data, 'name') ?? (text(data, 'tokenId') ?? '').slice(0, 8);
  const agent = text(data, 'agentId') && `agent ${text(data, 'agentId')!.slice(0, 8)}`;
  const hosts = (ids: unknown) => (Array.isArray(ids) ? ids.map(id => host(String(id))).join(', ') : '');
  const posted = Array.isArray(data.types) && `events: ${data.types.join(', ') || 'all'}`;
  switch (type) {
    case 'vm_discovered':
      return good(`Seen for the first time, on ${at}`, { detail: join(state((data.vm as Data | undefined)?.state), text(data, 'cause'), by(data)) });
    case 'vm_state_changed':
      return (data.to === 'Crashed' ? bad : neutral)(`${words(String(data.from))} → ${words(String(data.to))}`, { detail: join(`on ${at}`, text(data, 'stateReason'), text(data, 'cause'), by(data)) });
    case 'vm_reconfigured':
      return neutral(`Changed: ${listed(data.changed)}`, { detail: join(`on ${at}`, text(data, 'cause'), by(data)) });
    case 'vm_placement_added':
      return neutral(`Seen on ${at} too`, { detail: join(text(data, 'cause'), operationId && 'a migration explains it') });
    case 'vm_placement_removed':
      return neutral(`No longer on ${at}`, { detail: join(text(data, 'cause'), by(data)) });
    case 'vm_moved':
      return good(`Moved from ${host(text(data, 'fromHostId'))} to ${host(text(data, 'toHostId'))}`, { detail: join(text(data, 'migrationId') ? 'by a migration' : 'outside the platform', by(data)) });
    case 'vm_marked_missing':
      return bad(`Missing: ${at} does not report it`, { detail: text(data, 'cause') });
    case 'vm_returned':
      return good(`There again, on ${at}`, { detail: text(data, 'cause') });
    case 'vm_deleted':
      return warning(`Deleted; it was last on ${at}`, { detail: join(text(data, 'cause'), by(data)) });
    case 'vm_duplicate_detected':
      return bad(`Runs twice: on ${((data.hostIds as string[] | undefined) ?? []).map(host).join(' and ')}`, { detail: 'Both may write to the same disks: stop one copy.' });
    case 'vm_duplicate_resolved':
      return good('No longer runs twice');
    case 'vm_operation_accepted':
      return neutral(`${kind}: accepted${data.destinationHostId ? `, to ${host(text(data, 'destinationHostId'))}` : ''}`);
    case 'vm_operation_succeeded':
      return good(`${kind}: done`, { detail: join(`on ${at}`, by(data)) });
    case 'vm_operation_failed':
      return bad(`${kind}: failed on ${at}`);
    case 'vm_migration_started':
    case 'operation_began':
      return neutral(`Migration began, ${way}`);
    case 'vm_migration_phase_changed':
    case 'operation_phase_entered':
      return (error ? warning : neutral)(`Migration: ${words(String(data.to)).toLowerCase()}`, { detail: join(`after ${words(String(data.from)).toLowerCase()}`, text(data, 'reason'), error?.message) });
    case 'vm_migration_completed':
      return good(`Migration completed, ${way}`, { detail: join(ended, by(data)) });
    case 'vm_migration_rolled_back':
      return warning(data.cancelled ? 'Migration cancelled and undone' : 'Migration undone', { detail: join(`stayed on ${host(text(data, 'sourceHostId'))}`, error?.message, by(data)) });
    case 'vm_migration_failed':
      return bad(`Migration failed, ${way}`);
    case 'vm_migration_in_doubt':
    case 'operation_went_in_doubt':
      return bad('In doubt', { detail: join(text(data, 'unknown'), `no answer from ${((data.unansweredHostIds as string[] | undefined) ?? []).map(host).join(', ') || 'a host'}`) });
    case 'vm_command_fenced':
      return warning(`${at} refused ${words(text(data, 'command') ?? 'a command')}: a newer operation has the VM`);
    case 'operation_requested':
      return neutral(`${kind}: requested${data.destinationHostId ? `, ${host(text(data, 'hostId'))} to ${host(text(data, 'destinationHostId'))}` : ` on ${at}`}`);
    case 'operation_forecast': {
      const forecast = data.forecast as Schema<'MigrationForecast'> | undefined;
      return (forecast?.converges === false ? warning : neutral)('Forecast', { detail: forecast?.verdict });
    }
    case 'operation_ended':
      return (data.status === 'Succeeded' ? good : data.status === 'Failed' ? bad : warning)(`${kind}: ${words(String(data.status)).toLowerCase()}`, { detail: join(ended, error?.message) });
    case 'operation_cancel_refused':
      return warning('Cancelling came too late');
    case 'operation_refused':
      return warning(`${words(text(data, 'command') ?? 'A command')} refused`);
    case 'operation_resolved_by_operator':
      return warning(`An operator said: ${words(text(data, 'resolution') ?? '').toLowerCase()}`, { detail: join(text(data, 'unknown'), by(data)) });
    case 'operation_resolve_refused':
      return warning("An operator's word was refused");
    case 'host_joined':
      return good(`Host ${text(data, 'name') ?? at} joined`, { detail: text(data, 'agentVersion') && `agent ${text(data, 'agentVersion')}` });
    case 'host_capabilities_changed':
      return neutral(`Host ${text(data, 'name') ?? at} changed: ${listed(data.changed)}`);
    case 'host_unreachable':
      return bad(`Host ${at} is out of reach: ${words(text(data, 'reachability') ?? 'unknown').toLowerCase()}`);
    case 'host_reachable':
      return good(`Host ${at} answers again`);
    case 'host_agent_stopped':
      return warning(`The agent of ${at} was stopped; its VMs run on`);
    case 'host_report_failed':
      return warning(`Reports of ${at} are not complete`, { detail: join(words(text(data, 'outcome') ?? '').toLowerCase(), error?.message) });
    case 'host_report_recovered':
      return good(`Reports of ${at} are complete again`);
    case 'host_generation_restarted':
      return warning(`${at} counts its reports anew`, { detail: "Its agent's journal was lost." });
    case 'host_maintenance_entered':
      return warning(`Host ${at}: maintenance began`);
    case 'host_maintenance_left':
      return good(`Host ${at}: maintenance is over`);
    case 'host_evacuation_started':
      return neutral(`Host ${at} is being emptied: ${number(data, 'vmCount') ?? '?'} VMs`);
    case 'host_evacuation_paused':
      return warning(`Emptying ${at}: paused`);
    case 'host_evacuation_resumed':
      return neutral(`Emptying ${at}: goes on`);
    case 'host_evacuation_cancelling':
      return warning(`Emptying ${at}: being cancelled`);
    case 'host_evacuation_ended':
      return (data.status === 'Completed' ? good : warning)(`Emptying ${at}: ${words(String(data.status)).toLowerCase()}`, { detail: join(ended, by(data)) });
    case 'alert_raised':
      return (data.severity === 'Critical' ? bad : warning)(text(data, 'message') ?? 'Alert raised', { detail: text(data, 'advice') });
    case 'alert_cleared':
      return good(`Over: ${words(text(data, 'rule') ?? 'an alert').replaceAll('-', ' ')}${text(data, 'subjectName') ? `, ${text(data, 'subjectName')}` : ''}`);
    case 'signed_in':
      return neutral(`${text(data, 'caller') ?? text(data, 'subject') ?? 'Somebody'} signed in`, { detail: from });
    case 'access_refused': {
      const count = number(data, 'count') ?? 1;
      return warning(`Refused to ${text(data, 'caller') ?? 'somebody unknown'}: ${text(data, 'method') ?? ''} ${text(data, 'endpoint') ?? ''}`, { detail: join(text(data, 'code'), count > 1 && `${count} times`, from) });
    }
    case 'api_token_created':
      return neutral(`API token ${named} created`, { detail: join(role && `${role} over ${everything(data.groups)}`, text(data, 'expiresAt') && `until ${instant(text(data, 'expiresAt'))}`, asked) });
    case 'api_token_revoked':
      return warning(`API token ${named} revoked`, { detail: asked });
    case 'access_granted':
      return neutral(`${text(data, 'subject') ?? 'Somebody'} is ${role ?? 'something'} over ${everything(data.group)} from now on`, { detail: asked });
    case 'access_grant_removed':
      return warning(`${text(data, 'subject') ?? 'Somebody'} is no longer ${role ?? 'something'} over ${everything(data.group)}`, { detail: asked });
    case 'resource_group_changed':
      return neutral(`Resource group ${text(data, 'group') ?? ''} set`, { detail: join(`hosts: ${hosts(data.hostIds) || 'none'}`, `single VMs: ${Array.isArray(data.vmIds) ? data.vmIds.length : 0}`, asked) });
    case 'resource_group_removed':
      return warning(`Resource group ${text(data, 'group') ?? ''} removed`, { detail: asked });
    case 'join_token_created':
      return neutral(`Join token ${named} created`, { detail: join(hosts(data.hostIds) && `for ${hosts(data.hostIds)}`, text(data, 'expiresAt') && `until ${instant(text(data, 'expiresAt'))}`, asked) });
    case 'join_token_deleted':
      return warning(`Join token ${(text(data, 'tokenId') ?? '').slice(0, 8)} deleted`, { detail: asked });
    case 'agent_joined':
      return good(`Agent of ${text(data, 'hostName') ?? 'a machine'} joined`, { detail: join(text(data, 'tokenCreatedBy') && `with a join token of ${text(data, 'tokenCreatedBy')}`, hosts(data.hostIds) && `for ${hosts(data.hostIds)}`, from) });
    case 'agent_revoked':
      return warning(`Agent of ${text(data, 'hostName') ?? 'a machine'} revoked`, { detail: asked });
    case 'agent_host_claimed':
      return neutral(`Host ${text(data, 'hostName') ?? at} claimed by its agent`, { detail: join(agent, from) });
    case 'agent_host_approved':
      return neutral(`Host ${text(data, 'hostName') ?? at} given to an agent`, { detail: join(agent, asked) });
    case 'webhook_created':
      return neutral(`Webhook to ${text(data, 'url') ?? ''} created`, { detail: join(posted, asked) });
    case 'webhook_changed':
      return neutral(`Webhook to ${text(data, 'url') ?? ''} changed`, { detail: join(posted, data.paused === true && 'paused', data.secretReplaced === true && 'with a new secret', asked) });
    case 'webhook_deleted':
      return warning(`Webhook to ${text(data, 'url') ?? ''} deleted`, { detail: asked });
    default:
      return neutral(words(type).replace(/^./, c => c.toUpperCase()));
  }
}

/** Colours of the tones. */
export const toneColors: Record<EventWords['tone'], string> = { good: 'green', bad: 'red', warning: 'orange', neutral: 'gray' };

/** The same for lines and rings, in a shade that is seen on light and on dark ground: a plain "gray" would be the darkest one. */
export const lineColor = (tone: EventWords['tone']) => `${toneColors[tone]}.6`;
