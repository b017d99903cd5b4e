// Firmware images of simulated devices, and the keys that sign them: the same as those of the Python device.

import {createPublicKey, verify} from 'node:crypto';
import {isObject} from './payloads.js';

const MAX_LINE = 1000;
const BASE64 = /^(?:[A-Za-z0-9+/]{4})*(?:[A-Za-z0-9+/]{2}==|[A-Za-z0-9+/]{3}=)?$/;

/** Read an image's first line, `{version, boots, connects}`; null for what is no image of a simulated device. */
export function readImage(data) {
  const head = data.subarray(0, MAX_LINE);
  const end = head.indexOf(0x0a);
  let members;
  try {
    members = JSON.parse(head.subarray(0, end < 0 ? head.length : end).toString('utf8'));
  } catch {
    return null;
  }
  if (!isObject(members) || typeof members.version !== 'string') return null;
  return {version: members.version, boots: members.boots ?? true, connects: members.connects ?? true};
}

/** The keys that a device trusts: a list of `{key, public_key, not_after}`, the last in epoch seconds or absent. */
export class TrustedKeys {
  constructor(entries, epochSeconds = () => Date.now() / 1000) {
    this.epochSeconds = epochSeconds;
    this.keys = new Map((Array.isArray(entries) ? entries : [entries]).map((entry) => {
      if (!isObject(entry) || typeof entry.key !== 'string' || !BASE64.test(entry.public_key ?? '!')) {
        throw new Error('no list of keys');
      }
      return [entry.key, {publicKey: Buffer.from(entry.public_key, 'base64'), notAfter: entry.not_after ?? Infinity}];
    }));
  }

  /** Tell why a signature is not accepted; null when it is. */
  fault(name, signature, message) {
    const key = this.keys.get(name);
    if (key === undefined) return name ? 'unknown key' : 'not signed';
    if (this.epochSeconds() > key.notAfter) return 'expired key';
    return isSigned(key.publicKey, signature, message) ? null : 'wrong signature';
  }
}

/** Write what was signed: see docs/reference/firmware.md. */
export function manifest(model, version, size, sha256, minimum) {
  const lines = ['iotcloud-firmware 1', `model ${model}`, `version ${version}`, `size ${size}`, `sha256 ${sha256}`];
  return Buffer.from([...lines, `minimum ${minimum || '-'}`, ''].join('\n'));
}

/** Compare versions: below 0, 0 or above. What stands behind a dash ranks below its release. */
export function compareVersions(one, other) {
  const [left, right] = [versionKey(one), versionKey(other)];
  for (let index = 0; index < Math.max(left.length, right.length); index++) {
    const difference = (left[index] ?? -1) - (right[index] ?? -1);
    if (difference !== 0) return difference;
  }
  return 0;
}

function versionKey(version) {
  const [release] = version.split('+');
  const dash = release.indexOf('-');
  const numbers = (dash < 0 ? release : release.slice(0, dash)).split('.');
  if (!numbers.every((part) => /^\d+$/.test(part))) return [];
  return [...numbers.map(Number), 0, 0, 0].slice(0, 3).concat(dash < 0 ? 1 : 0);
}

function isSigned(publicKey, signature, message) {
  if (!signature || !BASE64.test(signature)) return false;
  try {
    const key = createPublicKey({key: publicKey, format: 'der', type: 'spki'});
    if (key.asymmetricKeyType !== 'ec') return false;
    return verify('sha256', message, key, Buffer.from(signature, 'base64'));
  } catch {
    return false;
  }
}
