/** What a failure means to a person: a table from status and reason to words and to what can be done. */

import { ApiFailure } from '@iotcloud/client';
import type { MessageId } from '../i18n/i18n';

export type FailureAction = 'retry' | 'signIn' | 'refresh' | 'none';
export type FailureKind =
  | 'network'
  | 'signedOut'
  | 'credentials'
  | 'forbidden'
  | 'device'
  | 'notFound'
  | 'taken'
  | 'busy'
  | 'invalid'
  | 'code'
  | 'password'
  | 'slow'
  | 'broken';

export type Explained = { kind: FailureKind; title: MessageId; text: MessageId; action: FailureAction };

const ACTIONS: Record<FailureKind, FailureAction> = {
  network: 'retry',
  signedOut: 'signIn',
  credentials: 'none',
  forbidden: 'none',
  device: 'retry',
  notFound: 'refresh',
  taken: 'none',
  busy: 'retry',
  invalid: 'none',
  code: 'none',
  password: 'none',
  slow: 'retry',
  broken: 'retry',
};

/** Reasons that mean more than their status does. `errors.py` has them; a test compares the two. */
export const REASONS: Record<string, FailureKind> = {
  'Token expired': 'signedOut',
  'Refresh token invalid': 'signedOut',
  'Unauthorized access': 'credentials',
  'Invalid authorization header': 'signedOut',
  'Invalid code': 'code',
  'Password does not meet the rules': 'password',
  'Sensor is busy': 'busy',
  'Device is being deleted': 'busy',
  'Certificate is being renewed': 'busy',
};

const STATUSES: Record<number, FailureKind> = {
  0: 'network',
  400: 'invalid',
  401: 'signedOut',
  403: 'forbidden',
  404: 'notFound',
  409: 'taken',
  413: 'invalid',
  429: 'slow',
  503: 'device',
};

export function kindOf(failure: unknown): FailureKind {
  if (!(failure instanceof ApiFailure)) return 'broken';
  return REASONS[failure.message] ?? STATUSES[failure.status] ?? 'broken';
}

export function explain(failure: unknown): Explained {
  const kind = kindOf(failure);
  return { kind, title: `failure.${kind}.title`, text: `failure.${kind}.text`, action: ACTIONS[kind] };
}

/** When the device was last heard, of a failure that says so. */
export function lastHeard(failure: unknown): Date | undefined {
  const heartbeat = failure instanceof ApiFailure ? Number(failure.value.heartbeat) : Number.NaN;
  return heartbeat > 0 ? new Date(heartbeat * 1000) : undefined;
}
