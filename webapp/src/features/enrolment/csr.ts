/**
 * A key for a device, made in the browser, and the request (PKCS #10) that a certificate is made from. The private key is
 * given to the caller alone and sent nowhere.
 */

export type DeviceKey = { privateKey: string; request: string };

const CURVE = { name: 'ECDSA', namedCurve: 'P-256' };
const OID = {
  commonName: [0x55, 0x04, 0x03],
  ecdsaWithSha256: [0x2a, 0x86, 0x48, 0xce, 0x3d, 0x04, 0x03, 0x02],
};
const TAG = { integer: 0x02, bits: 0x03, oid: 0x06, utf8: 0x0c, sequence: 0x30, set: 0x31, attributes: 0xa0 };

/** Make a P-256 key and a signed request for `commonName`; both are PEM, the key PKCS #8. */
export async function makeDeviceKey(commonName: string): Promise<DeviceKey> {
  const { publicKey, privateKey } = await crypto.subtle.generateKey(CURVE, true, ['sign', 'verify']);
  const name = sequence(
    der(TAG.set, sequence(der(TAG.oid, OID.commonName), der(TAG.utf8, [...new TextEncoder().encode(commonName)]))),
  );
  const spki = [...new Uint8Array(await crypto.subtle.exportKey('spki', publicKey))];
  const info = sequence(der(TAG.integer, [0]), name, spki, der(TAG.attributes, []));
  const raw = new Uint8Array(
    await crypto.subtle.sign({ name: 'ECDSA', hash: 'SHA-256' }, privateKey, new Uint8Array(info)),
  );
  const signature = sequence(unsigned(raw.subarray(0, 32)), unsigned(raw.subarray(32)));
  const request = sequence(info, sequence(der(TAG.oid, OID.ecdsaWithSha256)), der(TAG.bits, [0, ...signature]));
  const pkcs8 = new Uint8Array(await crypto.subtle.exportKey('pkcs8', privateKey));
  return { privateKey: pem('PRIVATE KEY', pkcs8), request: pem('CERTIFICATE REQUEST', new Uint8Array(request)) };
}

/** One DER element: tag, length in the shortest form, content (X.690). */
function der(tag: number, content: readonly number[]): number[] {
  const length: number[] = [];
  for (let rest = content.length; rest > 0; rest >>= 8) length.unshift(rest & 0xff);
  return [tag, ...(content.length < 0x80 ? [content.length] : [0x80 | length.length, ...length]), ...content];
}

const sequence = (...parts: readonly (readonly number[])[]): number[] => der(TAG.sequence, parts.flat());

/** A positive integer: no leading zeros, but one where the first bit would make it negative. */
function unsigned(bytes: Uint8Array): number[] {
  const first = bytes.findIndex((byte) => byte !== 0);
  const digits = [...bytes.subarray(first === -1 ? bytes.length - 1 : first)];
  return der(TAG.integer, digits[0]! & 0x80 ? [0, ...digits] : digits);
}

function pem(label: string, bytes: Uint8Array): string {
  const text = btoa(Array.from(bytes, (byte) => String.fromCharCode(byte)).join(''));
  return `-----BEGIN ${label}-----\n${text.replace(/.{64}(?=.)/g, '$&\n')}\n-----END ${label}-----\n`;
}
