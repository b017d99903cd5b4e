/** The one session and the one client of the app. */

import { createIotCloudClient } from '@iotcloud/client';
import { useSyncExternalStore } from 'react';
import { createTokens } from './tokens';

/** `/api` of the host that serves the app; native apps name their host at build time. */
export const API_BASE: string = import.meta.env.VITE_API_URL ?? `${window.location.origin}/api`;

export const tokens = createTokens(window.localStorage);
export const client = createIotCloudClient({ baseUrl: API_BASE, tokens });
export const api = client.api;

export function useIsSignedIn(): boolean {
  return useSyncExternalStore(tokens.subscribe, tokens.isSignedIn);
}
