// @vitest-environment node
/** Every operation of the API is used by a screen, or stands in a list that says why not. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { expect, test } from 'vitest';
import { BUSES } from '../src/board/ports';

const ROOT = join(import.meta.dirname, '../..');
const read = (path: string) => readFileSync(join(ROOT, path), 'utf8');

/** For others than the app. */
const NOT_FOR_THE_APP = new Set([
  'POST /others/receipts/twilio', // for a carrier
  'POST /others/receipts/vonage', // for a carrier
  'GET /others/i2cdevices', // the catalogue of all buses says the same
  'GET /others/recipients/confirmation', // a page that recipients open from a mail
  'POST /others/recipients/confirmation', // its button
  'GET /devices', // the overview says the same and more
  'GET /devices/filter/{filterstring}', // the list searches in what it has
  'GET /devices/device/{devicename}/gpio/voltage', // the state of the pins says the same
  'GET /devices/device/{devicename}/sensors/readings', // the datasets have the newest values, with their times
  'GET /devices/device/{devicename}/i2c/sensors/input', // one list of sensors per bus serves all screens
  'GET /devices/device/{devicename}/i2c/sensors/output', // one list of sensors per bus serves all screens
  // One list of sensors per bus, and one series per sensor, serve all screens.
  ...BUSES.flatMap((bus) =>
    [
      '/{number}/sensors',
      '/{number}/sensors/readings',
      '/{number}/sensors/sensor/{sensorname}',
      '/{number}/sensors/sensor/{sensorname}/readings',
    ].map((path) => `GET /devices/device/{devicename}/${bus}${path}`),
  ),
]);

/** Of screens that do not exist yet. This list shrinks only. */
const LATER = new Set([
  'DELETE /account/menos/limits',
  'DELETE /account/users/{username}/suspension',
  'DELETE /devices/device/{devicename}',
  'DELETE /devices/device/{devicename}/1wire/{number}/sensors/readings',
  'DELETE /devices/device/{devicename}/adc/{number}/sensors/readings',
  'DELETE /devices/device/{devicename}/certificate',
  'DELETE /devices/device/{devicename}/firmware',
  'DELETE /devices/device/{devicename}/i2c/{number}/sensors/readings',
  'DELETE /devices/device/{devicename}/location',
  'DELETE /devices/device/{devicename}/membership',
  'DELETE /devices/device/{devicename}/sensors/properties',
  'DELETE /devices/device/{devicename}/sensors/readings',
  'DELETE /devices/device/{devicename}/tprobe/{number}/sensors/readings',
  'DELETE /devices/device/{devicename}/users/{email}',
  'DELETE /devices/groups/group/{groupname}',
  'DELETE /devices/groups/group/{groupname}/device/{devicename}',
  'DELETE /devices/invitations/{deviceid}',
  'DELETE /devices/location',
  'DELETE /user',
  'DELETE /user/mfa',
  'GET /account/menos/limits',
  'GET /account/packages',
  'GET /account/payments',
  'GET /account/payments/export',
  'GET /account/subscription',
  'GET /account/users',
  'GET /account/users/{username}/devices',
  'GET /devices/device/{devicename}/certificate',
  'GET /devices/device/{devicename}/firmware',
  'GET /devices/device/{devicename}/location',
  'GET /devices/device/{devicename}/menos/{noticeid}',
  'GET /devices/device/{devicename}/menos/{noticeid}/link',
  'GET /devices/device/{devicename}/settings',
  'GET /devices/device/{devicename}/status',
  'GET /devices/device/{devicename}/users',
  'GET /devices/groups',
  'GET /devices/groups/group/{groupname}',
  'GET /devices/histories',
  'GET /devices/histories/export',
  'GET /devices/invitations',
  'GET /devices/location',
  'GET /devices/menos',
  'GET /devices/menos/export',
  'GET /others/about',
  'GET /others/faqs',
  'GET /others/firmwareupdates',
  'GET /others/pages/{page}',
  'GET /user',
  'GET /user/export',
  'GET /user/login/idp/code/{id}',
  'GET /user/mfa',
  'GET /user/preferences',
  'POST /account/menos/limits',
  'POST /account/payment/paypalexecute',
  'POST /account/payment/paypalsetup',
  'POST /account/payment/paypalverify',
  'POST /account/subscription',
  'POST /account/users/{username}/suspension',
  'POST /devices/device/{devicename}/certificate',
  'POST /devices/device/{devicename}/firmware',
  'POST /devices/device/{devicename}/location',
  'POST /devices/device/{devicename}/name',
  'POST /devices/device/{devicename}/settings',
  'POST /devices/device/{devicename}/status',
  'POST /devices/device/{devicename}/users',
  'POST /devices/groups/group/{groupname}',
  'POST /devices/groups/group/{groupname}/device/{devicename}',
  'POST /devices/histories',
  'POST /devices/invitations/{deviceid}',
  'POST /devices/live',
  'POST /devices/location',
  'POST /devices/menos',
  'POST /mobile/devicetoken',
  'POST /others/feedback',
  'POST /others/payments/paypal',
  'POST /user',
  'POST /user/change_password',
  'POST /user/confirm_verify_phone_number',
  'POST /user/export',
  'POST /user/live',
  'POST /user/login/idp/code/{id}',
  'POST /user/mfa/sms',
  'POST /user/mfa/totp',
  'POST /user/mfa/totp/confirm',
  'POST /user/preferences',
  'POST /user/verify_phone_number',
]);

/** The operations of the description, as method and path. */
function described(): Set<string> {
  const found = new Set<string>();
  let path = '';
  let method = '';
  for (const line of read('api/openapi.yaml').split('\n')) {
    path = /^ {2}(\/\S*):$/.exec(line)?.[1] ?? path;
    method = /^ {4}(get|post|delete):$/.exec(line)?.[1]?.toUpperCase() ?? method;
    if (/^ {6}operationId:/.test(line)) found.add(`${method} ${path}`);
  }
  return found;
}

/** The calls in the code, by method and path; a path for any bus is one for each. */
function called(): Set<string> {
  const folders = ['webapp/src', 'clients/typescript/src'];
  const found = new Set<string>();
  for (const folder of folders) {
    for (const file of readdirSync(join(ROOT, folder), { recursive: true, encoding: 'utf8' })) {
      if (!/\.tsx?$/.test(file) || /\.test\.|\.d\.ts$/.test(file)) continue;
      const code = read(`${folder}/${file}`);
      const base = /const sensorPath = [^`]*`([^`]+)`/.exec(code)?.[1] ?? '';
      let path = '';
      const pattern =
        /const path = `([^`]+)` as const|api\.(GET|POST|DELETE)\(\s*(?:'([^']+)'|(path)\b|(sensorPath)\()/g;
      for (const [, assigned, method, literal, variable, own] of code.matchAll(pattern)) {
        if (assigned) path = assigned.replace(/\$\{sensorPath\([^)]*\)\}/, base);
        const used = literal ?? (variable ? path : own ? base : undefined);
        if (!method || !used) continue;
        for (const bus of BUSES) found.add(`${method} ${used.replace(/\$\{[^}]+\}/, bus)}`);
      }
      for (const [, tail] of code.matchAll(/\$\{options\.baseUrl\}(\/[^`]+)`/g)) found.add(`POST ${tail}`);
    }
  }
  return found;
}

const operations = described();
const calls = called();

test('each operation has a screen, or a reason', () => {
  const missing = [...operations].filter(
    (place) => !calls.has(place) && !NOT_FOR_THE_APP.has(place) && !LATER.has(place) && !isOfAnotherProgram(place),
  );
  expect(missing).toEqual([]);
});

/** Receipts and events are sent by other services; the root says that there is an API. */
function isOfAnotherProgram(place: string): boolean {
  return /^POST \/others\/(receipts|events|payments)\//.test(place) || place === 'GET /';
}

test('the list of later screens names none that is there', () => {
  expect([...LATER].filter((place) => calls.has(place))).toEqual([]);
});

test('each call is one of the description', () => {
  expect([...calls].filter((call) => !operations.has(call))).toEqual([]);
});
