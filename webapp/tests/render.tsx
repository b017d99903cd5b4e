/** Render a part of the app with its languages, cache and address, and with an API that the test plays. */

import { I18nProvider } from '@lingui/react';
import { QueryClientProvider } from '@tanstack/react-query';
import { render } from '@testing-library/react';
import type { ReactNode } from 'react';
import { MemoryRouter } from 'react-router-dom';
import { vi } from 'vitest';
import { createQueryClient } from '../src/api/query';
import { activateLanguage, i18n, type Language } from '../src/i18n/i18n';
import { tokens } from '../src/session/session';

export type Reply = { status?: number; body?: object };
export type Call = { method: string; path: string; body: unknown };

/** Play the API: `reply` answers each call; the calls that were made are returned, in order. */
export function playApi(reply: (call: Call) => Reply | Promise<Reply>): Call[] {
  const calls: Call[] = [];
  vi.stubGlobal('fetch', async (request: Request) => {
    const text = await request.text();
    const path = decodeURIComponent(new URL(request.url).pathname.replace(/^\/api/, ''));
    const call = { method: request.method, path, body: text ? JSON.parse(text) : undefined };
    calls.push(call);
    const { status = 200, body = {} } = await reply(call);
    return new Response(JSON.stringify({ status: status < 300 ? 'OK' : 'NG', message: 'Done', ...body }), {
      status,
      headers: { 'Content-Type': 'application/json' },
    });
  });
  return calls;
}

type Options = { path?: string; language?: Language; signedIn?: boolean };

export async function show(part: ReactNode, { path = '/', language = 'en', signedIn = true }: Options = {}) {
  await activateLanguage(language);
  tokens.write(signedIn ? { access: 'access', id: 'id', refresh: 'refresh' } : null);
  const queries = createQueryClient();
  return {
    queries,
    ...render(
      <I18nProvider i18n={i18n}>
        <QueryClientProvider client={queries}>
          <MemoryRouter initialEntries={[path]}>{part}</MemoryRouter>
        </QueryClientProvider>
      </I18nProvider>,
    ),
  };
}
