import type { Aside, Operator, Preview, Refusal, Status, Summary } from '../wire';

/** A request that was refused or did not get through (`offline`). */
export class Refused extends Error {
  readonly refusal: Refusal;

  constructor(refusal: Refusal) {
    super(refusal.code);
    this.refusal = refusal;
  }
}

const base = '/api';

/** Signs in by cookie. Throws `Refused`. */
export async function login(email: string, password: string): Promise<Operator> {
  const body = await request('POST', '/login', { email, password, cookie: true });
  return (body as { operator: Operator }).operator;
}

/** Ends the session on the server. Throws `Refused`. */
export async function logout(): Promise<void> {
  await request('POST', '/logout', {});
}

/** Who is signed in, null when nobody is. Throws `Refused` when the server cannot say. */
export async function whoAmI(): Promise<Operator | null> {
  try {
    return ((await request('GET', '/me')) as { operator: Operator }).operator;
  } catch (error) {
    if (error instanceof Refused && error.refusal.code === 'unauthorized') return null;
    throw error;
  }
}

/** A page of conversations: what waits by how long, else newest activity first. Throws `Refused`. */
export async function conversations(
  status: Status,
  before: number | null,
  limit: number,
): Promise<Summary[]> {
  const query = new URLSearchParams({ status, limit: String(limit) });
  if (status === 'waiting') query.set('sort', 'waiting');
  if (before !== null) query.set('before', String(before));
  const body = await request('GET', `/conversations?${query.toString()}`);
  return (body as { conversations: Summary[] }).conversations;
}

/** What the visitor would read of `text`. Throws `Refused`, or an AbortError when aborted. */
export async function preview(
  conversation: string,
  text: string,
  signal: AbortSignal,
): Promise<Preview> {
  const given = { conversation_id: conversation, text };
  return (await request('POST', '/preview', given, signal)) as Preview;
}

/** What this operator reads of a text that is no message. Throws `Refused`, or an AbortError when
 * aborted. */
export async function translate(
  conversation: string,
  text: string,
  signal: AbortSignal,
): Promise<Aside> {
  const given = { conversation_id: conversation, text };
  return (await request('POST', '/translate', given, signal)) as Aside;
}

async function request(
  method: 'GET' | 'POST',
  path: string,
  body?: unknown,
  signal?: AbortSignal,
): Promise<unknown> {
  let response: Response;
  try {
    response = await fetch(base + path, {
      method,
      credentials: 'same-origin',
      headers: body === undefined ? {} : { 'Content-Type': 'application/json' },
      ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      ...(signal ? { signal } : {}),
    });
  } catch (error) {
    if (signal?.aborted) throw error;
    throw new Refused({ code: 'offline', detail: '' });
  }
  if (response.ok) return response.status === 204 ? {} : await response.json();
  throw new Refused(await refusalOf(response));
}

async function refusalOf(response: Response): Promise<Refusal> {
  const fallback = response.status === 401 ? 'unauthorized' : 'internal';
  try {
    const body = (await response.json()) as { error?: Partial<Refusal> };
    const { code = fallback, detail = '', retry_after } = body.error ?? {};
    return retry_after === undefined ? { code, detail } : { code, detail, retry_after };
  } catch {
    // Not ours: a proxy's error page, say.
    return { code: response.status >= 502 ? 'unavailable' : fallback, detail: '' };
  }
}
