import { ModalsProvider } from '@mantine/modals';
import { Notifications } from '@mantine/notifications';
import { createRootRoute, createRoute, createRouter, lazyRouteComponent } from '@tanstack/react-router';
import { Empty } from '../shared/Empty';
import { Failure } from '../shared/Failure';
import { Shell } from './Shell';

// Notes and dialogs are inside the router and the event stream, because they link to pages and follow operations.
const root = createRootRoute({
  component: () => (
    <ModalsProvider>
      <Notifications position="bottom-right" limit={4} />
      <Shell />
    </ModalsProvider>
  ),
  notFoundComponent: () => <Empty title="There is no such page.">Choose one from the navigation.</Empty>,
  errorComponent: ({ error, reset }) => <Failure error={error} what="This page failed" retry={reset} />,
});

// One line a page; each is loaded when it is first opened.
const routeTree = root.addChildren([
  createRoute({ getParentRoute: () => root, path: '/', component: lazyRouteComponent(() => import('../pages/overview/OverviewPage'), 'OverviewPage') }),
  createRoute({ getParentRoute: () => root, path: '/vms', component: lazyRouteComponent(() => import('../pages/vms/VmListPage'), 'VmListPage') }),
  createRoute({ getParentRoute: () => root, path: '/vms/$id', component: lazyRouteComponent(() => import('../pages/vms/VmPage'), 'VmPage') }),
  createRoute({ getParentRoute: () => root, path: '/migrations', component: lazyRouteComponent(() => import('../pages/migrations/MigrationsPage'), 'MigrationsPage') }),
  createRoute({ getParentRoute: () => root, path: '/migrations/$id', component: lazyRouteComponent(() => import('../pages/migrations/MigrationPage'), 'MigrationPage') }),
  createRoute({ getParentRoute: () => root, path: '/operations', component: lazyRouteComponent(() => import('../pages/operations/OperationsPage'), 'OperationsPage') }),
  createRoute({ getParentRoute: () => root, path: '/operations/$id', component: lazyRouteComponent(() => import('../pages/operations/OperationPage'), 'OperationPage') }),
  createRoute({ getParentRoute: () => root, path: '/evacuations', component: lazyRouteComponent(() => import('../pages/evacuations/EvacuationsPage'), 'EvacuationsPage') }),
  createRoute({ getParentRoute: () => root, path: '/evacuations/$id', component: lazyRouteComponent(() => import('../pages/evacuations/EvacuationPage'), 'EvacuationPage') }),
  createRoute({ getParentRoute: () => root, path: '/welcome', component: lazyRouteComponent(() => import('../pages/welcome/WelcomePage'), 'WelcomePage') }),
  createRoute({ getParentRoute: () => root, path: '/hosts', component: lazyRouteComponent(() => import('../pages/hosts/HostListPage'), 'HostListPage') }),
  createRoute({ getParentRoute: () => root, path: '/hosts/$id', component: lazyRouteComponent(() => import('../pages/hosts/HostPage'), 'HostPage') }),
  createRoute({ getParentRoute: () => root, path: '/alerts', component: lazyRouteComponent(() => import('../pages/alerts/AlertsPage'), 'AlertsPage') }),
  createRoute({ getParentRoute: () => root, path: '/events', component: lazyRouteComponent(() => import('../pages/events/EventsPage'), 'EventsPage') }),
  createRoute({ getParentRoute: () => root, path: '/diff', component: lazyRouteComponent(() => import('../pages/diff/DiffPage'), 'DiffPage') }),
  createRoute({ getParentRoute: () => root, path: '/topology', component: lazyRouteComponent(() => import('../pages/topology/TopologyPage'), 'TopologyPage') }),
  createRoute({ getParentRoute: () => root, path: '/access', component: lazyRouteComponent(() => import('../pages/access/AccessPage'), 'AccessPage') }),
]);

export const router = createRouter({ routeTree, defaultPreload: 'intent', scrollRestoration: true });

declare module '@tanstack/react-router' {
  interface Register {
    router: typeof router;
  }
}
