import type { Schema } from '../api/client';
import { useMe } from '../app/SessionGate';

export type Role = Schema<'AccessRole'>;

const ranks: Record<Role, number> = { Unknown: 0, Viewer: 1, Operator: 2, Admin: 3 };

/**
 * Why the person signed in may not do what needs this role; undefined if he may. Anybody who has the role in some group may try: the server knows the groups'
 * members and has the last word. `everywhere` asks for the role over everything.
 */
export function useDenied(role: Role, everywhere = false): string | undefined {
  const me = useMe();
  const may = me.roles.some(r => ranks[r.role] >= ranks[role] && (!everywhere || r.group === '*'));
  return may ? undefined : `This needs the role ${role}${everywhere ? ' over everything' : ''}; ${me.name} does not have it.`;
}
