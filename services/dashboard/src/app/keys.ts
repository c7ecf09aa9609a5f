/** What a key press asks for. */
export type KeyWish = { kind: 'search' } | { kind: 'palette' } | { kind: 'help' } | { kind: 'go'; key: string } | undefined;

const togetherMs = 1_500;

/** Understands key presses one after the other: `g` followed by another key within a moment is one wish. Presses in fields are text, except Ctrl-K. */
export class Keys {
  #g = -Infinity;

  press(event: Pick<KeyboardEvent, 'key' | 'ctrlKey' | 'metaKey' | 'altKey'>, inField: boolean, now: number): KeyWish {
    if ((event.ctrlKey || event.metaKey) && event.key.toLowerCase() === 'k') {
      return { kind: 'palette' };
    }

    if (inField || event.ctrlKey || event.metaKey || event.altKey) {
      return undefined;
    }

    const afterG = now - this.#g <= togetherMs;
    this.#g = event.key === 'g' && !afterG ? now : -Infinity;
    return afterG ? { kind: 'go', key: event.key } : event.key === '/' ? { kind: 'search' } : event.key === '?' ? { kind: 'help' } : undefined;
  }
}

/** Whether what has the focus takes text. */
export const takesText = (element: EventTarget | null) => element instanceof HTMLElement && (element.isContentEditable || /^(INPUT|TEXTAREA|SELECT)$/.test(element.tagName));
