export interface ServerSentEvent {
  id?: string | undefined;
  event: string;
  data: string;
}

/** Messages of a text/event-stream body, also those that carry only an id. `alive` is called for every piece that arrives, comments too. */
export async function* readServerSentEvents(body: ReadableStream<Uint8Array>, alive: () => void): AsyncGenerator<ServerSentEvent> {
  const reader = body.pipeThrough(new TextDecoderStream() as ReadableWritablePair<string, Uint8Array>).getReader();
  let rest = '';
  try {
    while (true) {
      const { value, done } = await reader.read();
      if (done) {
        return;
      }

      alive();
      const parts = (rest + value).split('\n\n');
      rest = parts.pop()!;
      for (const part of parts) {
        yield parse(part);
      }
    }
  } finally {
    await reader.cancel().catch(() => {});
  }
}

function parse(text: string): ServerSentEvent {
  const message: ServerSentEvent = { event: 'message', data: '' };
  for (const line of text.split('\n')) {
    const colon = line.indexOf(':');
    const [field, value] = [line.slice(0, colon), line.slice(colon + 1).trimStart()];
    if (field === 'id') {
      message.id = value;
    } else if (field === 'event') {
      message.event = value;
    } else if (field === 'data') {
      message.data += (message.data ? '\n' : '') + value;
    }
  }

  return message;
}
