// @vitest-environment node
import { describe, expect, test } from 'vitest';
import {
  type ApiFailure,
  basicCredentials,
  collect,
  createIotCloudClient,
  must,
  type TokenStore,
  type Tokens,
} from '../src/index';

const OLD: Tokens = { access: 'old', id: 'id', refresh: 'refresh' };
const NEW: Tokens = { access: 'new', id: 'id', refresh: 'refresh' };

class Memory implements TokenStore {
  constructor(private tokens: Tokens | null) {}
  read() {
    return this.tokens;
  }
  write(tokens: Tokens | null) {
    this.tokens = tokens;
  }
}

function answer(status: number, body: object = {}, headers: Record<string, string> = {}) {
  const ok = status < 300 ? 'OK' : 'NG';
  return new Response(JSON.stringify({ status: ok, message: 'Done', ...body }), {
    status,
    headers: { 'Content-Type': 'application/json', ...headers },
  });
}

function started(tokens: Tokens | null, reply: (request: Request) => Response | Promise<Response>) {
  const seen: Request[] = [];
  const waits: number[] = [];
  const store = new Memory(tokens);
  let signedOut = 0;
  const client = createIotCloudClient({
    baseUrl: 'https://cloud.example/api',
    tokens: store,
    onSignedOut: () => {
      signedOut += 1;
    },
    fetch: async (input) => {
      seen.push(input as Request);
      return reply(input as Request);
    },
    wait: async (milliseconds) => {
      waits.push(milliseconds);
    },
  });
  return { client, seen, waits, store, signedOutCount: () => signedOut };
}

const pathOf = (request: Request) => new URL(request.url).pathname.replace('/api', '');
const devices = { devices: [] };

describe('tokens', () => {
  test('many calls with an expired token share one refresh, and each is sent once more', async () => {
    const { client, seen, store } = started(OLD, (request) => {
      if (pathOf(request) === '/user/token') return answer(200, { token: NEW });
      return request.headers.get('Authorization') === 'Bearer new'
        ? answer(200, devices)
        : answer(401, { message: 'Token expired' });
    });
    await Promise.all(Array.from({ length: 5 }, () => must(client.api.GET('/devices'))));
    expect(seen.filter((request) => pathOf(request) === '/user/token')).toHaveLength(1);
    expect(seen).toHaveLength(11);
    expect(store.read()).toEqual(NEW);
  });

  test('the body of a POST is sent again after a refresh', async () => {
    const bodies: unknown[] = [];
    const { client } = started(OLD, async (request) => {
      if (pathOf(request) === '/user/token') return answer(200, { token: NEW });
      bodies.push(await request.json());
      return bodies.length === 1 ? answer(401, { message: 'Token expired' }) : answer(200, { value: { status: 1 } });
    });
    await must(
      client.api.POST('/devices/device/{devicename}/status', {
        params: { path: { devicename: 'Barn unit' } },
        body: { status: 2 },
      }),
    );
    expect(bodies).toEqual([{ status: 2 }, { status: 2 }]);
  });

  test('an invalid refresh token ends the session', async () => {
    const { client, store, signedOutCount } = started(OLD, (request) =>
      answer(401, { message: pathOf(request) === '/user/token' ? 'Refresh token invalid' : 'Token expired' }),
    );
    await expect(must(client.api.GET('/devices'))).rejects.toMatchObject({ status: 401 });
    expect(store.read()).toBeNull();
    expect(signedOutCount()).toBe(1);
  });

  test('a refresh that the server could not do keeps the session', async () => {
    const { client, store, signedOutCount } = started(OLD, (request) =>
      pathOf(request) === '/user/token' ? answer(500) : answer(401, { message: 'Token expired' }),
    );
    await expect(must(client.api.GET('/devices'))).rejects.toMatchObject({ status: 0 });
    expect(store.read()).toEqual(OLD);
    expect(signedOutCount()).toBe(0);
  });

  test('without an access token the first call refreshes', async () => {
    const { client, seen } = started({ ...OLD, access: '' }, (request) =>
      pathOf(request) === '/user/token' ? answer(200, { token: NEW }) : answer(200, devices),
    );
    await must(client.api.GET('/devices'));
    expect(seen.map(pathOf)).toEqual(['/user/token', '/devices']);
    expect(seen[1]!.headers.get('Authorization')).toBe('Bearer new');
  });
});

describe('repeats', () => {
  test('a call that comes too soon waits as long as it is told', async () => {
    let calls = 0;
    const { client, waits } = started(OLD, () => {
      calls += 1;
      return calls === 1 ? answer(429, {}, { 'Retry-After': '7' }) : answer(200, devices);
    });
    await must(client.api.GET('/devices'));
    expect(waits).toEqual([7000]);
  });

  test('a wait that is too long is given to the caller', async () => {
    const { client, waits } = started(OLD, () =>
      answer(429, { message: 'Too many requests' }, { 'Retry-After': '3600' }),
    );
    await expect(must(client.api.GET('/devices'))).rejects.toMatchObject({ status: 429, retryAfterSeconds: 3600 });
    expect(waits).toEqual([]);
  });

  test('a GET is tried three times, a POST once', async () => {
    const { client, seen } = started(OLD, () => answer(500, { message: 'Internal server error' }));
    await expect(must(client.api.GET('/devices'))).rejects.toMatchObject({ status: 500 });
    expect(seen).toHaveLength(3);
    await expect(must(client.api.POST('/user/verify_phone_number'))).rejects.toMatchObject({ status: 500 });
    expect(seen).toHaveLength(4);
  });

  test('a device that does not answer is not asked again', async () => {
    const { client, seen } = started(OLD, () =>
      answer(503, { message: 'Device is unreachable', value: { heartbeat: '1795431600' } }),
    );
    const call = must(
      client.api.GET('/devices/device/{devicename}/status', { params: { path: { devicename: 'Demo' } } }),
    );
    await expect(call).rejects.toMatchObject({
      status: 503,
      value: { heartbeat: '1795431600' },
    } as Partial<ApiFailure>);
    expect(seen).toHaveLength(1);
  });

  test('a network that is down is told as no answer', async () => {
    const { client } = started(OLD, () => {
      throw new TypeError('Failed to fetch');
    });
    await expect(must(client.api.GET('/devices'))).rejects.toMatchObject({ status: 0, message: 'No answer' });
  });
});

describe('sign in', () => {
  test('credentials go into the header as UTF-8, and tokens into the store', async () => {
    const { client, seen, store } = started(null, () => answer(200, { token: NEW, name: 'Ana' }));
    await expect(client.signIn('ana@example.com', 'Pässwort-1')).resolves.toEqual({ signedIn: true, name: 'Ana' });
    expect(seen[0]!.headers.get('Authorization')).toBe(basicCredentials('ana@example.com', 'Pässwort-1'));
    expect(store.read()).toEqual(NEW);
  });

  test('a second proof is asked for and answered', async () => {
    const { client, store } = started(null, (request) =>
      pathOf(request) === '/user/login'
        ? answer(200, { challenge: 'totp', session: 's' })
        : answer(200, { token: NEW }),
    );
    const outcome = await client.signIn('ana@example.com', 'x');
    if (outcome.signedIn) throw new Error('a challenge was expected');
    expect(store.read()).toBeNull();
    await client.answerChallenge(outcome.challenge, '123456');
    expect(store.read()).toEqual(NEW);
  });

  test('a wrong password neither refreshes nor repeats', async () => {
    const { client, seen } = started(null, () => answer(401, { message: 'Unauthorized access' }));
    await expect(client.signIn('ana@example.com', 'x')).rejects.toMatchObject({ status: 401 });
    expect(seen).toHaveLength(1);
  });
});

test('pages are followed to the end, or to the limit', async () => {
  const cursors: (string | undefined)[] = [];
  const ask = async (cursor: string | undefined) => {
    cursors.push(cursor);
    return cursor === 'b' ? { items: [3] } : { items: cursor ? [2] : [1], cursor: cursor ? 'b' : 'a' };
  };
  expect(await collect(ask, (page) => page.items)).toEqual([1, 2, 3]);
  expect(cursors).toEqual([undefined, 'a', 'b']);
  expect(await collect(ask, (page) => page.items, 2)).toEqual([1, 2]);
});
