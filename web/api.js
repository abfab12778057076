// The service over HTTP: keys, problem documents, and nothing about the page.

const KEY = 'rushes.key';

export const store = {
  get(name) {
    try { return localStorage.getItem(name); } catch { return null; }
  },
  set(name, value) {
    try {
      if (value === null) localStorage.removeItem(name);
      else localStorage.setItem(name, value);
    } catch { /* private windows may refuse: the page works without */ }
  },
};

export const key = {
  get: () => store.get(KEY),
  set: (value) => store.set(KEY, value || null),
};

/** What keeps a key from being sent, in words; null where nothing does. Headers hold ASCII, and keys come from the clipboard. */
export function keyFault(value) {
  const odd = [...value].find((letter) => letter < ' ' || letter > '~');
  if (odd === undefined) return null;
  const code = `U+${odd.codePointAt(0).toString(16).toUpperCase().padStart(4, '0')}`;
  const shown = /[\p{L}\p{N}\p{P}\p{S}]/u.test(odd) ? `“${odd}” (${code})` : `a sign that cannot be seen (${code})`;
  return `This key holds ${shown}, which cannot be sent. Keys are made of Latin letters, digits and plain signs: copy it anew.`;
}

/** An answer that is not the wished one, or no answer (status 0). */
export class Problem extends Error {
  constructor(status, document = {}, retryAfter = null) {
    super(document.detail || document.title || `The service answered ${status}.`);
    this.status = status;
    this.code = document.code ?? null;
    this.title = document.title ?? null;
    this.errors = Array.isArray(document.errors) ? document.errors : [];
    this.retryAfter = retryAfter;
  }
}

let clockOffset = 0;

/** The server's time, so that "12 s" is right on a device whose clock is not. */
export const serverNow = () => Date.now() + clockOffset;

function learnClock(response) {
  const offset = Date.parse(response.headers.get('date') ?? '') - Date.now();
  if (Number.isFinite(offset)) clockOffset = Math.abs(offset) > 3000 ? offset : 0;
}

async function once(method, path, body) {
  const headers = { accept: 'application/json, application/problem+json' };
  if (body !== undefined) headers['content-type'] = 'application/json';
  if (key.get()) {
    const fault = keyFault(key.get());
    if (fault) throw new Problem(401, { code: 'odd_key', detail: fault });
    headers['x-api-key'] = key.get();
  }
  let response;
  try {
    response = await fetch(path, { method, headers, body, cache: 'no-store', signal: AbortSignal.timeout(30_000) });
  } catch {
    throw new Problem(0, { title: 'The service cannot be reached' });
  }
  learnClock(response);
  if (response.status === 204) return null;
  const json = await response.json().catch(() => null);
  if (response.ok && json !== null) return json;
  const wait = Number(response.headers.get('retry-after'));
  throw new Problem(response.status, json ?? {}, wait > 0 ? wait * 1000 : null);
}

let askForKey = null;
let asking = null;

/** `ask(why)` resolves to true once a key was given, false when the person declined; `why` is null where there was none. */
export function onKeyNeeded(ask) {
  askForKey = ask;
}

export async function request(method, path, body) {
  for (;;) {
    const used = key.get();
    try {
      return await once(method, path, body);
    } catch (problem) {
      if (problem.status !== 401 || !askForKey) throw problem;
      if (key.get() !== used) continue;
      const why = problem.code === 'odd_key' ? problem.message : 'That key was not accepted. Enter another one.';
      asking ??= askForKey(used ? why : null).finally(() => { asking = null; });
      if (!(await asking)) throw problem;
    }
  }
}

export const submitVideo = (spec) => request('POST', '/v1/videos', spec);
export const getVideo = (id) => request('GET', `/v1/videos/${encodeURIComponent(id)}`);

const change = (method, id, what = '') => request(method, `/v1/videos/${encodeURIComponent(id)}${what}`);

export const cancelVideo = (id) => change('POST', id, '/cancel');
export const retryVideo = (id) => change('POST', id, '/retry');
export const deleteVideo = (id) => change('DELETE', id);

export function listVideos({ status, cursor, limit }) {
  const query = new URLSearchParams({ limit });
  if (status) query.set('status', status);
  if (cursor) query.set('cursor', cursor);
  return request('GET', `/v1/videos?${query}`);
}

export const listChannels = () => request('GET', '/v1/channels');

export async function getHealth() {
  const response = await fetch('/health', { cache: 'no-store', signal: AbortSignal.timeout(10_000) });
  return response.json();
}
