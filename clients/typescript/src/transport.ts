/**
 * One fetch for all calls. It adds the access token, refreshes an expired one once for all calls that wait,
 * and repeats a call only where that is safe.
 */

export type Tokens = { access: string; id: string; refresh: string };

/** Where tokens are kept. `read` answers null when nobody is signed in. */
export interface TokenStore {
  read(): Tokens | null;
  write(tokens: Tokens | null): void;
}

export type TransportOptions = {
  baseUrl: string;
  tokens: TokenStore;
  /** Called when the refresh token is no longer valid, after the tokens were removed. */
  onSignedOut?: () => void;
  fetch?: typeof fetch;
  wait?: (milliseconds: number) => Promise<void>;
};

/** A caller that is told to wait longer than this gets the failure instead. */
export const MAX_WAIT_SECONDS = 20;
const MAX_WAITS = 3;
const GET_BACKOFF_MS = [500, 2000];
const TEMPORARY = new Set([500, 502, 504]);

export type Transport = (request: Request) => Promise<Response>;

export function createTransport(options: TransportOptions): Transport {
  const send: typeof fetch = options.fetch ?? ((...args) => fetch(...args));
  const wait = options.wait ?? ((milliseconds) => new Promise((done) => setTimeout(done, milliseconds)));
  let refreshing: Promise<Tokens | null> | null = null;

  /** Get new tokens, once for all callers; answer null when the session is over. */
  function refresh(): Promise<Tokens | null> {
    refreshing ??= requestTokens().finally(() => {
      refreshing = null;
    });
    return refreshing;
  }

  async function requestTokens(): Promise<Tokens | null> {
    const old = options.tokens.read();
    if (!old) return null;
    const response = await sendPatiently(
      () =>
        new Request(`${options.baseUrl}/user/token`, {
          method: 'POST',
          headers: { Authorization: `Bearer ${old.access || 'none'}`, 'Content-Type': 'application/json' },
          body: JSON.stringify({ refresh: old.refresh, id: old.id }),
        }),
    );
    if (response.ok) {
      const { token } = (await response.json()) as { token: Tokens };
      options.tokens.write(token);
      return token;
    }
    if (response.status >= 500 || response.status === 429) throw new TypeError('The tokens could not be refreshed');
    options.tokens.write(null);
    options.onSignedOut?.();
    return null;
  }

  /** Send a request again after 429 as told, and a GET after a temporary failure. A POST is not repeated by itself. */
  async function sendPatiently(make: () => Request): Promise<Response> {
    let waits = 0;
    let failures = 0;
    for (;;) {
      const request = make();
      const backoff = request.method === 'GET' ? GET_BACKOFF_MS[failures] : undefined;
      let response: Response;
      try {
        response = await send(request);
      } catch (error) {
        if (backoff === undefined || request.signal.aborted) throw error;
        failures += 1;
        await wait(backoff);
        continue;
      }
      if (response.status === 429 && waits < MAX_WAITS) {
        const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '1', 10);
        if (!(seconds <= MAX_WAIT_SECONDS)) return response;
        waits += 1;
        await wait(seconds * 1000);
      } else if (TEMPORARY.has(response.status) && backoff !== undefined) {
        failures += 1;
        await wait(backoff);
      } else {
        return response;
      }
    }
  }

  function authorized(request: Request, access: string): Request {
    const copy = request.clone();
    copy.headers.set('Authorization', `Bearer ${access}`);
    return copy;
  }

  return async (request) => {
    // Sign-in and sign-up carry credentials of their own.
    if (request.headers.has('Authorization')) return sendPatiently(() => request.clone());
    let tokens = options.tokens.read();
    if (!tokens) return sendPatiently(() => request.clone());
    if (!tokens.access) tokens = await refresh();
    if (!tokens) return signedOut();
    const { access } = tokens;
    const response = await sendPatiently(() => authorized(request, access));
    if (response.status !== 401 || !(await isExpired(response.clone()))) return response;
    // Another call may have refreshed the token while this one was on its way.
    const current = options.tokens.read();
    const fresh = current?.access && current.access !== access ? current : await refresh();
    return fresh ? sendPatiently(() => authorized(request, fresh.access)) : response;
  };
}

async function isExpired(response: Response): Promise<boolean> {
  try {
    return ((await response.json()) as { message?: string }).message === 'Token expired';
  } catch {
    return false;
  }
}

function signedOut(): Response {
  return new Response(JSON.stringify({ status: 'NG', message: 'Token expired' }), {
    status: 401,
    headers: { 'Content-Type': 'application/json' },
  });
}
