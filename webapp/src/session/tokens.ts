/**
 * Where the tokens of the session are. The access token stays in memory; the rest survives a reload in localStorage,
 * behind a content security policy that allows no foreign script.
 */

import type { TokenStore, Tokens } from '@iotcloud/client';

const KEY = 'iotcloud.session';

export type SessionTokens = TokenStore & {
  subscribe(listener: () => void): () => void;
  isSignedIn(): boolean;
};

export function createTokens(storage: Storage): SessionTokens {
  let current = stored(storage);
  const listeners = new Set<() => void>();
  const tell = () => {
    for (const listener of listeners) listener();
  };
  // Signing out in one tab signs out in the others.
  window.addEventListener('storage', (event) => {
    if (event.key !== KEY) return;
    current = stored(storage);
    tell();
  });
  return {
    read: () => current,
    write(tokens) {
      const changed = (current === null) !== (tokens === null);
      current = tokens;
      if (tokens) storage.setItem(KEY, JSON.stringify({ id: tokens.id, refresh: tokens.refresh }));
      else storage.removeItem(KEY);
      if (changed) tell();
    },
    subscribe(listener) {
      listeners.add(listener);
      return () => listeners.delete(listener);
    },
    isSignedIn: () => current !== null,
  };
}

function stored(storage: Storage): Tokens | null {
  try {
    const { id, refresh } = JSON.parse(storage.getItem(KEY) ?? '{}') as Partial<Tokens>;
    return id && refresh ? { access: '', id, refresh } : null;
  } catch {
    return null;
  }
}
