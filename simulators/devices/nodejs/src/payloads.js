// Reading what the server sends: decoding, and members within limits.

/** A payload cannot be understood. A device does not answer such a request. */
export class MalformedRequest extends Error {}

const UNLIMITED = 2 ** 31 - 1;

export const isObject = (value) => typeof value === 'object' && value !== null && !Array.isArray(value);

/** Decode a JSON object; nothing at all counts as an empty one. */
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

/** Read a whole number within limits; absent, it is the fallback, if there is one. */
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

/** Walk down nested objects; what is absent or something else is an empty object. */
export function members(payload, ...names) {
  return names.reduce((inner, name) => (isObject(own(inner, name)) ? inner[name] : {}), payload);
}

/** Take a list for a list, and anything else for an empty one. */
export const entries = (value) => (Array.isArray(value) ? value : []);

/** A member that is really there, and not inherited. */
export const own = (payload, name) => (Object.hasOwn(payload, name) ? payload[name] : undefined);
