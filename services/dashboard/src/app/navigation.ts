import { IconActivity, IconAlertTriangle, IconArrowsExchange, IconDeviceDesktop, IconGitCompare, IconLayoutDashboard, IconListCheck, IconServer, IconTopologyStar3 } from '@tabler/icons-react';

/** The pages in the navigation, in its order. */
export const navigation = [
  { to: '/', label: 'Overview', icon: IconLayoutDashboard },
  { to: '/vms', label: 'VMs', icon: IconDeviceDesktop },
  { to: '/hosts', label: 'Hosts', icon: IconServer },
  { to: '/migrations', label: 'Migrations', icon: IconArrowsExchange },
  { to: '/operations', label: 'Operations', icon: IconListCheck },
  { to: '/alerts', label: 'Alerts', icon: IconAlertTriangle },
  { to: '/events', label: 'Events', icon: IconActivity },
  { to: '/diff', label: 'Compare', icon: IconGitCompare },
  { to: '/topology', label: 'Topology', icon: IconTopologyStar3 },
] as const;
