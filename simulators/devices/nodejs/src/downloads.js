// Downloads firmware files by HTTPS, like a device.

import {readFileSync} from 'node:fs';
import http from 'node:http';
import https from 'node:https';

const TIMEOUT_MS = 10_000;

/**
 * Download `baseUrl` + `location`: `{contentLength, data}`; the length is null if the server sent none.
 *
 * `ca` is a PEM file to trust instead of the system's authorities. Rejects with an Error that has the reason.
 */
export function fetchFirmware(baseUrl, location, ca) {
  const path = location.split('/').map(encodeURIComponent).join('/');
  const url = new URL(`${baseUrl.replace(/\/+$/, '')}/${path}`);
  const client = url.protocol === 'https:' ? https : http;
  return new Promise((resolve, reject) => {
    const fail = (reason) => reject(new Error(`GET ${url}: ${reason}`));
    const options = {headers: {Connection: 'keep-alive'}, timeout: TIMEOUT_MS, ...(ca && {ca: readFileSync(ca)})};
    const request = client.get(url, options, (response) => {
      if (response.statusCode !== 200) {
        response.resume();
        fail(`${response.statusCode} ${response.statusMessage}`);
        return;
      }
      const chunks = [];
      response.on('data', (chunk) => chunks.push(chunk));
      response.on('error', (error) => fail(error.message));
      response.on('end', () => {
        const length = response.headers['content-length'];
        resolve({contentLength: length === undefined ? null : Number(length), data: Buffer.concat(chunks)});
      });
    });
    request.on('timeout', () => request.destroy(new Error('no answer in time')));
    request.on('error', (error) => fail(error.message));
  });
}
