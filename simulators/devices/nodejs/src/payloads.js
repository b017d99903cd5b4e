// Parses the server's payloads: decoding, and members within limits.

/** An invalid payload. A device does not reply to such a request. */
export class MalformedRequest extends Error {}

const UNLIMITED = 2 ** 31 - 1;

export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Decode a JSON object; an empty payload counts as an empty object. */
export function decoded(message) {
  let payload;
  try {
    payload = JSON.parse(message.length ? new TextDecoder('utf-8', {fatal: true}).decode(message) : '{}');
  } catch {
    throw new MalformedRequest('not JSON');
  }
  if (!isObject(payload)) throw new MalformedRequest('not a JSON object');
  return payload;
}

/** Read an integer within limits; if absent, return the fallback, if there is one. */
export function integer(payload, name, lowest = 0, highest = UNLIMITED, fallback = undefined) {
  const value = Object.hasOwn(payload, name) ? payload[name] : fallback;
  if (!Number.isInteger(value) || value < lowest || value > highest) {
    throw new MalformedRequest(`${name} is ${JSON.stringify(value)}, not a whole number from ${lowest} to ${highest}`);
  }
  return value;
}

/** Read a text. */
export function text(payload, name) {
  const value = own(payload, name);
  if (typeof value !== 'string') throw new MalformedRequest(`${name} is ${JSON.stringify(value)}, not a text`);
  return value;
}

/** Read a number. */
export function number(payload, name) {
  const value = own(payload, name);
  if (!Number.isFinite(value)) throw new MalformedRequest(`${name} is ${JSON.stringify(value)}, not a number`);
  return value;
}

/** Follow a path of nested objects; an absent or other value counts as an empty object. */
export function members(payload, ...names) {
  return names.reduce((inner, name) => (isObject(own(inner, name)) ? inner[name] : {}), payload);
}

/** Return a list unchanged, and an empty list for any other value. */
export const entries = (value) => (Array.isArray(value) ? value : []);

/** An own member, not an inherited one. */
export const own = (payload, name) => (Object.hasOwn(payload, name) ? payload[name] : undefined);
