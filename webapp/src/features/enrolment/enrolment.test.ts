// @vitest-environment node
import { execFileSync } from 'node:child_process';
import { mkdtempSync, writeFileSync } from 'node:fs';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import fc from 'fast-check';
import { expect, test } from 'vitest';
import { makeDeviceKey } from './csr';
import { generateLabel, readLabel } from './label';
import { zip } from './zip';

const PYTHON = join(import.meta.dirname, '../../../../.venv/bin/python');

/** Python's cryptography reads the request, checks its signature, and compares its key with the private one. */
const CHECK = `
import json, sys
from cryptography import x509
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat, load_pem_private_key
given = json.load(sys.stdin)
request = x509.load_pem_x509_csr(given["request"].encode())
key = load_pem_private_key(given["privateKey"].encode(), None).public_key()
same = all(one.public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo) for one in (key, request.public_key()))
equal = key.public_numbers() == request.public_key().public_numbers()
print(json.dumps([request.is_signature_valid, same and equal, request.subject.rfc4514_string(), key.curve.name]))
`;

test('another implementation accepts requests and keys', async () => {
  for (let round = 0; round < 8; round += 1) {
    const made = await makeDeviceKey('PH80XXRR1125262A');
    const said = execFileSync(PYTHON, ['-c', CHECK], { input: JSON.stringify(made), encoding: 'utf8' });
    expect(JSON.parse(said)).toEqual([true, true, 'CN=PH80XXRR1125262A', 'secp256r1']);
  }
});

test('a long name is encoded, too', async () => {
  const made = await makeDeviceKey('X'.repeat(64));
  const said = execFileSync(PYTHON, ['-c', CHECK], { input: JSON.stringify(made), encoding: 'utf8' });
  expect(JSON.parse(said)[0]).toBe(true);
});

test.each([
  'https://cloud.example/add#PH80XXRR01012601/00001',
  '#PH80XXRR01012601/00001',
  'PH80XXRR01012601/00001',
  'PH80XXRR01012601,00001',
  ' PH80XXRR01012601 00001 ',
])('the label %s is read', (text) => {
  expect(readLabel(text)).toEqual({ deviceid: 'PH80XXRR01012601', serialnumber: '00001' });
});

test('what is no label is not read', () => {
  for (const text of ['', 'PH80XXRR01012601', 'https://cloud.example/add', 'a b c', 'über/1']) {
    expect(readLabel(text), text).toBeUndefined();
  }
  fc.assert(fc.property(fc.string(), (text) => void readLabel(text)));
});

test('a generated label has the form of the contract', () => {
  expect(generateLabel(new Date(2026, 10, 25), 42)).toEqual({ deviceid: 'PH80XXRR1125262A', serialnumber: '00042' });
});

test('another implementation unpacks the file', async () => {
  const folder = mkdtempSync(join(tmpdir(), 'zip-'));
  const files = [
    { name: 'ca.pem', text: 'an authority\n' },
    { name: 'größe.txt', text: 'ü'.repeat(1000) },
  ];
  writeFileSync(join(folder, 'x.zip'), Buffer.from(await zip(files).arrayBuffer()));
  const read = `import json, zipfile; z = zipfile.ZipFile(${JSON.stringify(join(folder, 'x.zip'))}); print(json.dumps([z.testzip(), [[n, z.read(n).decode()] for n in z.namelist()]]))`;
  expect(JSON.parse(execFileSync(PYTHON, ['-c', read], { encoding: 'utf8' }))).toEqual([
    null,
    files.map(({ name, text }) => [name, text]),
  ]);
});
