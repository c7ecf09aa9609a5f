import { expect, it } from 'vitest';
import type { Me } from '../api/session';
import { refusalFor } from './permissions';

const me = (...roles: Me['roles']): Me => ({ name: 'x', kind: 'Token', roles });

it('lets those do it who have the role in some group', () => {
  expect(refusalFor(me({ group: 'lab', role: 'Operator' }, { group: '*', role: 'Viewer' }), 'Operator')).toBeUndefined();
  expect(refusalFor(me({ group: '*', role: 'Admin' }), 'Operator')).toBeUndefined();
});

it('says what is needed and what one has', () => {
  expect(refusalFor(me({ group: '*', role: 'Viewer' }), 'Operator')).toBe('This needs the role Operator; you have the role Viewer.');
  expect(refusalFor(me(), 'Viewer')).toBe('This needs the role Viewer; you have no role.');
});
