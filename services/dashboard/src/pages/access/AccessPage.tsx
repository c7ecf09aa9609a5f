import { Button, Code, Group, Tabs, Text } from '@mantine/core';
import { notifications } from '@mantine/notifications';
import { useNavigate, useSearch } from '@tanstack/react-router';
import { api, data, newKey, type Schema } from '../../api/client';
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
          <ResourceTable
            read={() => data(api.GET('/v1/api-tokens'))}
            noun="API token"
            about="For scripts and other systems: sent as Authorization: Bearer. Only a hash is kept; the token itself is shown once."
            idOf={t => t.id}
            nameOf={t => t.name}
            columns={[
              {
                title: 'Name',
                cell: t => (
                  <Group gap={6}>
                    {t.name}
                    {t.revokedAt && <StateBadge state="Revoked" />}
                  </Group>
                ),
              },
              { title: 'Role', cell: t => `${t.role} over ${t.groups.map(everything).join(', ')}` },
              { title: 'Expires', cell: t => (t.revokedAt ? '–' : instant(t.expiresAt)), wide: true },
              { title: 'Last used', cell: t => (t.lastUsedAt ? <Ago at={t.lastUsedAt} /> : 'never'), wide: true },
            ]}
            make={{
              send: (body: Schema<'CreateApiTokenRequest'>, headers) => api.POST('/v1/api-tokens', { headers: { ...headers }, body }),
              form: (submit, busy) => <ApiTokenForm submit={submit} busy={busy} />,
              secret: made => ({ label: 'The new API token', value: made.token }),
            }}
            remove={{ verb: 'Revoke', send: ({ id }, headers) => api.DELETE('/v1/api-tokens/{id}', { params: { path: { id } }, headers: { ...headers } }), means: 'Whatever uses it is refused from now on. It cannot be taken back.', unless: t => !!t.revokedAt }}
          />
        </Tabs.Panel>
        <Tabs.Panel value="grants">
          <ResourceTable
            read={() => data(api.GET('/v1/grants'))}
            noun="grant"
            about="What people who sign in at your organisation may do. The subject is theirs, or a group that the sign-in names."
            idOf={g => g.id}
            nameOf={g => g.subject}
            columns={[
              { title: 'Who', cell: g => g.subject },
              { title: 'Role', cell: g => g.role },
              { title: 'Over', cell: g => everything(g.group) },
            ]}
            make={{
              send: (body: Schema<'CreateGrantRequest'>, headers) => api.POST('/v1/grants', { headers: { ...headers }, body }),
              form: (submit, busy) => <GrantForm submit={submit} busy={busy} />,
            }}
            remove={{ verb: 'Remove', send: ({ id }, headers) => api.DELETE('/v1/grants/{id}', { params: { path: { id } }, headers: { ...headers } }), means: 'They lose this role at once.' }}
          />
        </Tabs.Panel>
        <Tabs.Panel value="groups">
          <ResourceTable
            read={() => data(api.GET('/v1/resource-groups'))}
            noun="resource group"
            about="Hosts (with the VMs on them) and single VMs that a role is given over. What is outside the groups of a caller is not there for them."
            idOf={g => g.name ?? ''}
            nameOf={g => g.name ?? ''}
            columns={[
              { title: 'Name', cell: g => g.name },
              { title: 'Hosts', cell: g => (g.hosts ?? []).map(nameOf).join(', ') || 'none' },
              { title: 'Single VMs', cell: g => g.vms?.length ?? 0 },
            ]}
            make={{
              send: (body: Schema<'ResourceGroupView'>, headers) => api.PUT('/v1/resource-groups/{name}', { params: { path: { name: body.name ?? '' } }, headers: { ...headers }, body }),
              form: (submit, busy) => <GroupForm submit={submit} busy={busy} />,
            }}
            remove={{ verb: 'Delete', send: ({ name = '' }, headers) => api.DELETE('/v1/resource-groups/{name}', { params: { path: { name } }, headers: { ...headers } }), means: 'Hosts and VMs stay; whoever had a role over this group loses it.' }}
          />
        </Tabs.Panel>
        <Tabs.Panel value="join">
          <ResourceTable
            read={cursor => data(api.GET('/v1/join-tokens', { params: { query: { cursor } } }))}
            noun="join token"
            about="Lets one host's agent join, once, within the hour. The agent gets a certificate of its own for it."
            idOf={t => t.id}
            nameOf={t => t.name ?? t.id.slice(0, 8)}
            columns={[
              { title: 'Name', cell: t => t.name ?? '–' },
              { title: 'Expires', cell: t => instant(t.expiresAt) },
              { title: 'Used', cell: t => (t.usedAt ? instant(t.usedAt) : 'not yet'), wide: true },
            ]}
            make={{
              send: (body: Schema<'CreateJoinTokenBody'>, headers) => api.POST('/v1/join-tokens', { headers: { ...headers }, body }),
              form: (submit, busy) => <JoinTokenForm submit={submit} busy={busy} />,
              secret: made => ({ label: 'The command for the new host', value: made.command }),
            }}
            remove={{ verb: 'Delete', send: ({ id }, headers) => api.DELETE('/v1/join-tokens/{id}', { params: { path: { id } }, headers: { ...headers } }), means: 'No host can join with it any more.', unless: t => !!t.usedAt }}
          />
        </Tabs.Panel>
        <Tabs.Panel value="agents">
          <ResourceTable
            read={cursor => data(api.GET('/v1/agents', { params: { query: { cursor } } }))}
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
            remove={{ verb: 'Revoke', send: ({ id }, headers) => api.DELETE('/v1/agents/{id}', { params: { path: { id } }, headers: { ...headers } }), means: 'Its certificate is refused from now on: the platform no longer hears from the host or speaks with it. Its VMs go on running. To come back it has to join anew.', unless: a => !!a.revokedAt }}
          />
        </Tabs.Panel>
        <Tabs.Panel value="webhooks">
          <ResourceTable
            read={() => data(api.GET('/v1/webhooks'))}
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
            make={{
              send: (body: Schema<'CreateWebhookRequest'>, headers) => api.POST('/v1/webhooks', { headers: { ...headers }, body }),
              form: (submit, busy) => <WebhookForm submit={submit} busy={busy} />,
              secret: made => ({ label: 'The secret of its signatures', value: made.secret }),
            }}
            remove={{ verb: 'Delete', send: ({ id }, headers) => api.DELETE('/v1/webhooks/{id}', { params: { path: { id } }, headers: { ...headers } }), means: 'Nothing is posted there any more.' }}
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

async function tryWebhook(webhook: Schema<'WebhookView'>) {
  try {
    await api.POST('/v1/webhooks/{id}/test', { params: { path: { id: webhook.id } }, headers: { 'Idempotency-Key': newKey() } });
    notifications.show({ color: 'green', title: 'Test sent', message: `A test event is on its way to ${webhook.url}.` });
  } catch (error) {
    notifications.show({ color: 'red', title: 'No test was sent', message: <ProblemText error={error} />, autoClose: false });
  }
}
