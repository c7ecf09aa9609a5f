import type { Me } from '../api/session';

const order = { Viewer: 0, Operator: 1, Admin: 2 } as const;

/** Why `me` may not do what needs `role`; undefined if they may, at least in one resource group (the server judges each object). */
export function refusalFor(me: Me, role: keyof typeof order): string | undefined {
  const highest = me.roles.reduce((most, r) => Math.max(most, order[r.role]), -1);
  return highest >= order[role] ? undefined : `This needs the role ${role}; you have ${highest < 0 ? 'no role' : `the role ${Object.keys(order)[highest]}`}.`;
}
