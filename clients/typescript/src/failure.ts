/** Why a call did not succeed, as one error class for every operation. */

export type FailureDetail = { member: string; reason: string };
export type FailureBody = { message?: string; detail?: FailureDetail[]; value?: Record<string, unknown> };

/** `status` is the HTTP status, or 0 when no answer came. `message` is the reason that the API gives. */
export class ApiFailure extends Error {
  override readonly name = 'ApiFailure';

  constructor(
    readonly status: number,
    message: string,
    readonly detail: readonly string[] = [],
    readonly value: Readonly<Record<string, unknown>> = {},
    readonly retryAfterSeconds: number | undefined = undefined,
  ) {
    super(message);
  }
}

export const NO_ANSWER = 'No answer';

type Outcome<Data> = { data?: Data; error?: unknown; response: Response };

/** Return the answer of a call; throw ApiFailure when it was refused or when no answer came. */
export async function must<Data>(call: Promise<Outcome<Data>>): Promise<NonNullable<Data>> {
  let outcome: Outcome<Data>;
  try {
    outcome = await call;
  } catch (error) {
    if (error instanceof DOMException && error.name === 'AbortError') throw error;
    if (error instanceof ApiFailure) throw error;
    throw new ApiFailure(0, NO_ANSWER);
  }
  if (outcome.response.ok && outcome.data !== undefined && outcome.data !== null) return outcome.data;
  throw failureOf(outcome.response, outcome.error);
}

function failureOf(response: Response, body: unknown): ApiFailure {
  const known: FailureBody = typeof body === 'object' && body !== null ? body : {};
  const seconds = Number.parseInt(response.headers.get('Retry-After') ?? '', 10);
  return new ApiFailure(
    response.status,
    known.message ?? (response.statusText || `HTTP ${response.status}`),
    known.detail?.map(({ member, reason }) => (member ? `${member}: ${reason}` : reason)),
    known.value,
    Number.isNaN(seconds) ? undefined : seconds,
  );
}
