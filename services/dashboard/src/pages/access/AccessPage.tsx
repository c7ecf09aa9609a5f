import { Button, Code, Tabs, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { newKey } from '../../api/client';
import { request } from '../../api/request';
import { useDenied } from '../../shared/useMay';
import { Ago } from '../../shared/Ago';
import { Empty } from '../../shared/Empty';
import { ProblemText } from '../../shared/Failure';
import { instant } from '../../shared/format';
import { HostLink, useHostName } from '../../shared/links';
import { Page } from '../../shared/Page';
import { StateBadge } from '../../shared/StateBadge';
import { Audit } from './Audit';
import { ApiTokenForm, GrantForm, GroupForm, JoinTokenForm, WebhookForm } from './forms';
import { ResourceTable } from './ResourceTable';

interface ApiToken { id: string; name: string; role: string; groups: string[]; expiresAt: string; lastUsedAt?: string; revokedAt?: string }
interface Grant { id: string; subject: string; group: string; role: string }
interface ResourceGroup { name: string; hosts: string[]; vms: string[] }
interface JoinToken { id: string; name?: string; createdBy: string; expiresAt: string; usedAt?: string }
interface Agent { id: string; hostName: string; hostId?: string; certificateExpiresAt: string; joinedAt: string; revokedAt?: string; lastSeenAt?: string }
interface Webhook { id: string; url: string; types: string[]; description?: string; pending: number; dead: number; pausedAt?: string; pausedReason?: string }

const everything = (group: string) => (group === '*' ? 'everything' : group);
const tabs = [
  ['tokens', 'API tokens'],
  ['grants', 'People'],
  ['groups', 'Resource groups'],
  ['join', 'Join tokens'],
  ['agents', 'Agents'],
  ['webhooks', 'Webhooks'],
  ['audit', 'Audit'],
] as const;

/** Who and what may do something here: for administrators. */
export function AccessPage() {
  const { tab = 'tokens' } = useSearch({ strict: false }) as { tab?: string };
  const navigate = useNavigate();
  const why = useDenied('Admin');
  const nameOf = useHostName();
  if (why) {
    return (
      <Page title="Access">
        <Empty title="This page is for administrators.">{why}</Empty>
      </Page>
    );
  }

  return (
    <Page title="Access">
      <Tabs value={tab} onChange={value => void navigate({ to: '/access' as string, search: { tab: value ?? undefined } as never, replace: true })} keepMounted={false}>
        <Tabs.List mb="md">
          {tabs.map(([value, label]) => (
            <Tabs.Tab key={value} value={value}>
              {label}
            </Tabs.Tab>
          ))}
        </Tabs.List>
        <Tabs.Panel value="tokens">
          <ResourceTable<ApiToken>
            path="/v1/api-tokens"
            noun="API token"
            about="For scripts and other systems: sent as Authorization: Bearer. Only a hash is kept; the token itself is shown once."
            idOf={t => t.id}
            nameOf={t => t.name}
            columns={[
              { title: 'Name', cell: t => t.name },
              { title: 'Role', cell: t => `${t.role} over ${t.groups.map(everything).join(', ')}` },
              { title: 'Expires', cell: t => (t.revokedAt ? <StateBadge state="Revoked" /> : instant(t.expiresAt)), wide: true },
              { title: 'Last used', cell: t => (t.lastUsedAt ? <Ago at={t.lastUsedAt} /> : 'never'), wide: true },
            ]}
            form={(submit, busy) => <ApiTokenForm submit={submit} busy={busy} />}
            secret={made => secretOf('The new API token', made.token)}
            remove={{ verb: 'Revoke', means: 'Whatever uses it is refused from now on. It cannot be taken back.', unless: t => !!t.revokedAt }}
          />
        </Tabs.Panel>
        <Tabs.Panel value="grants">
          <ResourceTable<Grant>
            path="/v1/grants"
            noun="grant"
            about="What people who sign in at your organisation may do. The subject is theirs, or a group that the sign-in names."
            idOf={g => g.id}
            nameOf={g => g.subject}
            columns={[
              { title: 'Who', cell: g => g.subject },
              { title: 'Role', cell: g => g.role },
              { title: 'Over', cell: g => everything(g.group) },
            ]}
            form={(submit, busy) => <GrantForm submit={submit} busy={busy} />}
            remove={{ verb: 'Remove', means: 'They lose this role at once.' }}
          />
        </Tabs.Panel>
        <Tabs.Panel value="groups">
          <ResourceTable<ResourceGroup>
            path="/v1/resource-groups"
            noun="resource group"
            about="Hosts (with the VMs on them) and single VMs that a role is given over. What is outside the groups of a caller is not there for them."
            idOf={g => g.name}
            nameOf={g => g.name}
            columns={[
              { title: 'Name', cell: g => g.name },
              { title: 'Hosts', cell: g => g.hosts.map(nameOf).join(', ') || 'none' },
              { title: 'Single VMs', cell: g => g.vms.length },
            ]}
            form={(submit, busy) => <GroupForm submit={submit} busy={busy} />}
            remove={{ verb: 'Delete', means: 'Hosts and VMs stay; whoever had a role over this group loses it.' }}
          />
        </Tabs.Panel>
        <Tabs.Panel value="join">
          <ResourceTable<JoinToken>
            path="/v1/join-tokens"
            noun="join token"
            about="Lets one host's agent join, once, within the hour. The agent gets a certificate of its own for it."
            idOf={t => t.id}
            nameOf={t => t.name ?? t.id.slice(0, 8)}
            columns={[
              { title: 'Name', cell: t => t.name ?? '–' },
              { title: 'Expires', cell: t => instant(t.expiresAt) },
              { title: 'Used', cell: t => (t.usedAt ? instant(t.usedAt) : 'not yet'), wide: true },
            ]}
            form={(submit, busy) => <JoinTokenForm submit={submit} busy={busy} />}
            secret={made => secretOf('The command for the new host', made.command)}
            remove={{ verb: 'Delete', means: 'No host can join with it any more.', unless: t => !!t.usedAt }}
          />
        </Tabs.Panel>
        <Tabs.Panel value="agents">
          <ResourceTable<Agent>
            path="/v1/agents"
            noun="agent"
            about="The agents that have joined, with their certificates. They renew them by themselves."
            idOf={a => a.id}
            nameOf={a => a.hostName}
            columns={[
              { title: 'Host', cell: a => (a.hostId ? <HostLink id={a.hostId} name={a.hostName} /> : a.hostName) },
              { title: 'Certificate', cell: a => (a.revokedAt ? <StateBadge state="Revoked" /> : `until ${instant(a.certificateExpiresAt)}`) },
              { title: 'Joined', cell: a => instant(a.joinedAt), wide: true },
              { title: 'Last seen', cell: a => <Ago at={a.lastSeenAt} />, wide: true },
            ]}
            remove={{ verb: 'Revoke', means: 'Its certificate is refused from now on: the platform no longer hears from the host or speaks with it. Its VMs go on running. To come back it has to join anew.', unless: a => !!a.revokedAt }}
          />
        </Tabs.Panel>
        <Tabs.Panel value="webhooks">
          <ResourceTable<Webhook>
            path="/v1/webhooks"
            noun="webhook"
            about="Addresses that events are posted to, signed with a secret of their own."
            idOf={w => w.id}
            nameOf={w => w.url}
            columns={[
              { title: 'Address', cell: w => <Text size="sm" className="wrapped">{w.url}</Text> },
              { title: 'Events', cell: w => (w.types.length === 0 ? 'all' : w.types.map(t => <Code key={t}>{t} </Code>)), wide: true },
              { title: 'Deliveries', cell: w => (w.pausedAt ? `paused${w.pausedReason ? `: ${w.pausedReason}` : ''}` : `${w.pending} waiting${w.dead > 0 ? `, ${w.dead} given up` : ''}`) },
              { title: 'Description', cell: w => w.description ?? '–', wide: true },
            ]}
            form={(submit, busy) => <WebhookForm submit={submit} busy={busy} />}
            secret={made => secretOf('The secret of its signatures', made.secret)}
            remove={{ verb: 'Delete', means: 'Nothing is posted there any more.' }}
            actions={w => (
              <Button size="compact-xs" variant="default" onClick={() => void tryWebhook(w)} aria-label={`Send a test to ${w.url}`}>
                Test
              </Button>
            )}
          />
        </Tabs.Panel>
        <Tabs.Panel value="audit">
          <Audit />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}

const secretOf = (label: string, value: unknown) => (typeof value === 'string' ? { label, value } : undefined);

async function tryWebhook(webhook: Webhook) {
  try {
    await request('POST', `/v1/webhooks/${webhook.id}/test`, { key: newKey() });
    notifications.show({ color: 'green', title: 'Test sent', message: `A test event is on its way to ${webhook.url}.` });
  } catch (error) {
    notifications.show({ color: 'red', title: 'No test was sent', message: <ProblemText error={error} />, autoClose: false });
  }
}
