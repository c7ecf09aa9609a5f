import { modals } from '@mantine/modals';
import type { ReactNode } from 'react';

/** Opens a dialog with a form that is told how to close it. */
export function openForm(title: string, form: (close: () => void) => ReactNode, size = 'md') {
  const id = modals.open({ title, size, children: form(() => modals.close(id)) });
}
