import type { LogEvent, Message, Sender, Summary, Translation, Visitor } from '../src/wire';

export const ME = { id: 'op-me', reads: 'en' };
export const MARIA = { id: 'op-maria', name: 'Maria' };
export const LOG = 'log-1';

export const visitor: Visitor = {
  id: 'v-1',
  name: null,
  email: null,
  locale: 'pt-PT',
  page: null,
  verified: false,
};

/** RFC 3339 at `second` seconds past a fixed noon. */
export function at(second: number): string {
  return new Date(Date.UTC(2026, 10, 22, 12, 0, second)).toISOString();
}

export function message(id: string, text: string, from: Sender = 'visitor'): Message {
  const author = from === 'operator' ? { id: ME.id, name: 'Me' } : null;
  return { id, client_id: `client-${id}`, from, author, text, language: null };
}

type Body<E = LogEvent> = E extends LogEvent ? Omit<E, 'cursor' | 'conversation_id' | 'at'> : never;

export function event(cursor: number, body: Body, conversation = 'c1'): LogEvent {
  return { cursor, conversation_id: conversation, at: at(cursor), ...body };
}

export function said(cursor: number, id: string, text = id, conversation = 'c1'): LogEvent {
  return event(cursor, { type: 'message', message: message(id, text) }, conversation);
}

export function answered(cursor: number, id: string, conversation = 'c1'): LogEvent {
  return event(cursor, { type: 'message', message: message(id, id, 'operator') }, conversation);
}

export function translation(message_id: string, revision: number, text: string): Translation {
  return {
    message_id,
    language: 'en',
    revision,
    text,
    status: 'translated',
    route: ['pt', 'en'],
    engine: 'argos',
    ms: 20,
  };
}

export function translated(cursor: number, id: string, revision: number, text: string): LogEvent {
  return event(cursor, { type: 'translation', ...translation(id, revision, text) });
}

export function summary(over: Partial<Summary> = {}): Summary {
  return {
    conversation_id: 'c1',
    site: 'demo',
    status: 'waiting',
    operator: null,
    visitor,
    language: 'pt',
    pinned: null,
    opened_at: at(0),
    updated_at: at(0),
    cursor: 10,
    last_message: null,
    last_translation: null,
    ...over,
  };
}
