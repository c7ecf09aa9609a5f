import { IconActivity, IconAlertTriangle, IconArrowsExchange, IconDeviceDesktop, IconDoorExit, IconGitCompare, IconKey, IconLayoutDashboard, IconListCheck, IconServer, IconTopologyStar3 } from '@tabler/icons-react';

/** The pages in the navigation, in its order; `g` and then the key goes there. */
export const navigation = [
  { to: '/', label: 'Overview', key: 'o', icon: IconLayoutDashboard },
  { to: '/vms', label: 'VMs', key: 'v', icon: IconDeviceDesktop },
  { to: '/hosts', label: 'Hosts', key: 'h', icon: IconServer },
  { to: '/migrations', label: 'Migrations', key: 'm', icon: IconArrowsExchange },
  { to: '/evacuations', label: 'Evacuations', key: 'u', icon: IconDoorExit },
  { to: '/operations', label: 'Operations', key: 'p', icon: IconListCheck },
  { to: '/alerts', label: 'Alerts', key: 'a', icon: IconAlertTriangle },
  { to: '/events', label: 'Events', key: 'e', icon: IconActivity },
  { to: '/diff', label: 'Compare', key: 'c', icon: IconGitCompare },
  { to: '/topology', label: 'Topology', key: 't', icon: IconTopologyStar3 },
  { to: '/access', label: 'Access', key: 'x', icon: IconKey },
] as const;
