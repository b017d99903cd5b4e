/** The client of the REST API. All types of requests and answers are generated from `api/openapi.yaml`. */

import createClient, { type Client } from 'openapi-fetch';
import { must } from './failure';
import type { components, paths } from './schema';
import { createTransport, type Tokens, type TransportOptions } from './transport';

export { ApiFailure, must, NO_ANSWER } from './failure';
export { collect, pages } from './paging';
export type { components, operations, paths } from './schema';
export { MAX_WAIT_SECONDS, type TokenStore, type Tokens, type TransportOptions } from './transport';

export type Schemas = components['schemas'];
export type Api = Client<paths>;
export type Challenge = { kind: Schemas['ChallengeKind']; session: string };
/** Signed in, or a second proof is asked for. */
export type SignInOutcome = { signedIn: true; name: string | undefined } | { signedIn: false; challenge: Challenge };

export interface IotCloudClient {
  /** Every operation, typed by path. Wrap a call in `must` to get its answer or an ApiFailure. */
  readonly api: Api;
  signIn(username: string, password: string): Promise<SignInOutcome>;
  answerChallenge(challenge: Challenge, answer: string): Promise<SignInOutcome>;
  signOut(): Promise<void>;
}

export function createIotCloudClient(options: TransportOptions): IotCloudClient {
  const transport = createTransport(options);
  const api = createClient<paths>({ baseUrl: options.baseUrl, fetch: transport });

  function outcomeOf(answer: Schemas['LogInAnswer']): SignInOutcome {
    if (answer.token) {
      options.tokens.write(answer.token satisfies Tokens);
      return { signedIn: true, name: answer.name };
    }
    return { signedIn: false, challenge: { kind: answer.challenge!, session: answer.session ?? '' } };
  }

  return {
    api,
    async signIn(username, password) {
      return outcomeOf(
        await must(api.POST('/user/login', { headers: { Authorization: basicCredentials(username, password) } })),
      );
    },
    async answerChallenge({ kind, session }, answer) {
      return outcomeOf(await must(api.POST('/user/login/challenge', { body: { challenge: kind, session, answer } })));
    },
    async signOut() {
      try {
        await api.POST('/user/logout');
      } finally {
        options.tokens.write(null);
      }
    },
  };
}

/** The `Authorization` header of HTTP Basic; names and passwords are sent as UTF-8. */
export function basicCredentials(username: string, password: string): string {
  const bytes = new TextEncoder().encode(`${username}:${password}`);
  return `Basic ${btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''))}`;
}
