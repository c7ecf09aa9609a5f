import { Anchor, Card, Code, List, SimpleGrid, Stack, Text, ThemeIcon, Title } from '@mantine/core';
import { IconBrandWindows, IconEyeSearch, IconServer2 } from '@tabler/icons-react';
import type { ReactNode } from 'react';
import { PageLink } from '../../shared/links';
import { JoinCommand } from './JoinCommand';

/** What an operator does first: look around, and add real hosts. */
export function FirstSteps({ fleet }: { fleet: 'empty' | 'simulated' | 'real' }) {
  return (
    <Stack gap="md">
      <Text c="dimmed" size="sm" maw={760}>
        {fleet === 'empty'
          ? 'The platform runs and no host has joined it yet. A host joins by its agent: one program on the host that speaks with its hypervisor and calls the platform.'
          : fleet === 'simulated'
            ? 'The hosts you see are simulated: they exist in memory only, and everything that works on them works the same on real ones. Add a real host whenever you like.'
            : 'Add more hosts the same way as the first one.'}
      </Text>
      <Text size="sm" maw={760}>
        Agents of other machines join a platform that has a CA and a broker of its own: one that was started with <Code>./hv up --distributed --tls</Code> (docs/howto/run-it.md, docs/howto/agents-and-certificates.md).
      </Text>
      <SimpleGrid cols={{ base: 1, lg: 3 }} spacing="md">
        {fleet !== 'empty' && (
          <Step icon={<IconEyeSearch size={20} aria-hidden />} title="Look around">
            <List size="sm" spacing={6}>
              <List.Item>
                <PageLink to="/vms" underline="always">Find a VM</PageLink> and open it: its state, its history, and a slider that shows it as it was.
              </List.Item>
              <List.Item>
                Move a running VM and <PageLink to={'/topology' as string} underline="always">watch it go over</PageLink>, or follow its steps on the <PageLink to={'/migrations' as string} underline="always">migrations board</PageLink>.
              </List.Item>
              <List.Item>
                Empty a host for maintenance: open it from <PageLink to={'/hosts' as string} underline="always">the hosts</PageLink>; it shows the plan before it does anything.
              </List.Item>
              <List.Item>
                See <PageLink to={'/diff' as string} underline="always">what changed in the last hour</PageLink>, and everything as it happens in <PageLink to={'/events' as string} underline="always">the events</PageLink>.
              </List.Item>
            </List>
          </Step>
        )}
        <Step icon={<IconServer2 size={20} aria-hidden />} title="Add a libvirt host">
          <Text size="sm">KVM hosts with libvirt 8 or newer. The host needs a way out to this platform and its broker, and no open port.</Text>
          <List type="ordered" size="sm" spacing={4}>
            <List.Item>Install the agent on the host; its user belongs to the group libvirt.</List.Item>
            <List.Item>Make a join command here and run it there as root.</List.Item>
            <List.Item>
              Start it: <Code>systemctl enable --now hv-host-agent</Code>
            </List.Item>
          </List>
          <JoinCommand kind="libvirt" />
        </Step>
        <Step icon={<IconBrandWindows size={20} aria-hidden />} title="Add a Hyper-V host">
          <Text size="sm">Windows Server 2016 or newer with the Hyper-V role. The agent runs on a machine that reaches the host's WS-Management port (5986).</Text>
          <List type="ordered" size="sm" spacing={4}>
            <List.Item>Install the agent on that machine.</List.Item>
            <List.Item>Make a join command here and run it there.</List.Item>
            <List.Item>Give it the host's address and account in its settings, and start it.</List.Item>
          </List>
          <JoinCommand kind="hyperv" />
        </Step>
      </SimpleGrid>
      <Text size="sm" c="dimmed">
        How it is done step by step: docs/howto/add-a-libvirt-host.md, docs/howto/hyper-v.md (accounts and settings of Hyper-V hosts), docs/howto/agents-and-certificates.md (what a join token is), docs/howto/maintenance.md (emptying hosts), docs/howto/api.md (the API; its
        description is at{' '}
        <Anchor href="/openapi/v1.json" target="_blank" rel="noreferrer" underline="always" fz="inherit">
          /openapi/v1.json
        </Anchor>
        ).
      </Text>
    </Stack>
  );
}

function Step({ icon, title, children }: { icon: ReactNode; title: string; children: ReactNode }) {
  return (
    <Card withBorder padding="lg" component="section" aria-label={title}>
      <Stack gap="sm">
        <ThemeIcon variant="light" size={36}>
          {icon}
        </ThemeIcon>
        <Title order={2} size="h4">
          {title}
        </Title>
        {children}
      </Stack>
    </Card>
  );
}
