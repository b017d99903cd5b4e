/** What journeys share: people who sign up, simulated devices, and a watch over all that a page does. */

import { type ChildProcess, execFileSync, spawn } from 'node:child_process';
import { readFileSync } from 'node:fs';
import { join } from 'node:path';
import AxeBuilder from '@axe-core/playwright';
import { test as base, expect, type Page } from '@playwright/test';

const ROOT = join(import.meta.dirname, '../../..');
const PYTHON = join(ROOT, '.venv/bin/python');
const CODE = '123456';
const PASSWORD = 'Test-1234';

export { expect };

type Stack = { app_url: string; api_url: string; mqtt_port: number; mqtt_ca: string };
export const stack = JSON.parse(
  readFileSync(process.env.IOTCLOUD_STACK ?? join(ROOT, '.local/stack.json'), 'utf8'),
) as Stack;

/** A refusal that a journey provokes; the browser logs each answer of 400 and above. */
const EXPECTED_LOG = /Failed to load resource: the server responded with a status of (503|404)/;

export type World = {
  page: Page;
  /** Sign up by the app, in a language; answers the e-mail address. */
  signUp(name?: string): Promise<string>;
  /** Run a device with the files that the app saved. */
  runDevice(archive: string): void;
  /** Look at the page: no serious fault of accessibility in either theme; keep a picture of each. */
  look(name: string): Promise<void>;
  /** Ask the REST API as somebody. */
  ask<Answer>(username: string, path: string): Promise<Answer>;
};

export const test = base.extend<{ world: World }>({
  world: async ({ page }, use, info) => {
    const devices: ChildProcess[] = [];
    const faults: string[] = [];
    const own = new URL(stack.app_url).origin;
    page.on('console', (message) => {
      if (message.type() === 'error' && !EXPECTED_LOG.test(message.text())) faults.push(message.text());
    });
    page.on('pageerror', (error) => faults.push(String(error)));
    page.on('request', (request) => {
      const { origin, hostname, protocol } = new URL(request.url());
      const isLive = protocol === 'ws:' && /\.iot\.[a-z0-9-]+\.localhost$/.test(hostname);
      if (protocol !== 'data:' && protocol !== 'blob:' && origin !== own && !isLive)
        faults.push(`foreign host: ${request.url()}`);
    });
    await use({
      page,
      async signUp(name = 'Ana Journey') {
        const email = `${crypto.randomUUID().slice(0, 12)}@example.com`;
        await page.goto('/sign-up');
        await page.locator('input[name=name]').fill(name);
        await page.locator('input[name=email]').fill(email);
        await page.locator('input[name=password]').fill(PASSWORD);
        await page.locator('button[type=submit]').click();
        await page.locator('input[name=code]').fill(CODE);
        await page.locator('button[type=submit]').click();
        await page.waitForURL('**/devices');
        return email;
      },
      runDevice(archive) {
        const folder = info.outputPath('device');
        execFileSync(PYTHON, ['-m', 'zipfile', '-e', archive, folder]);
        const { deviceid } = JSON.parse(readFileSync(join(folder, 'connection.json'), 'utf8')) as { deviceid: string };
        const file = (name: string) => join(folder, name);
        const command = ['-m', 'simulators.devices.python', '--host', 'localhost', '--port', String(stack.mqtt_port)];
        const identity = ['--ca', stack.mqtt_ca, '--cert', file('certificate.pem'), '--key', file('private-key.pem')];
        devices.push(spawn(PYTHON, [...command, ...identity, '--device-id', deviceid], { cwd: ROOT, stdio: 'ignore' }));
      },
      async look(name) {
        for (const colorScheme of ['light', 'dark'] as const) {
          await page.emulateMedia({ colorScheme });
          await page.waitForTimeout(250); // transitions of colours end
          const { violations } = await new AxeBuilder({ page }).analyze();
          const serious = violations.filter(({ impact }) => impact === 'serious' || impact === 'critical');
          const told = serious.map(({ id, nodes }) => `${id}: ${nodes.map((node) => node.html).join(' | ')}`);
          expect(told, `${name}, ${colorScheme}`).toEqual([]);
          await page.screenshot({ path: join(ROOT, `.local/screens/${name}-${info.project.name}-${colorScheme}.png`) });
        }
      },
      async ask<Answer>(username: string, path: string) {
        const basic = `Basic ${Buffer.from(`${username}:${PASSWORD}`).toString('base64')}`;
        const login = await fetch(`${stack.api_url}/user/login`, { method: 'POST', headers: { Authorization: basic } });
        const { token } = (await login.json()) as { token: { access: string } };
        const answer = await fetch(stack.api_url + path, { headers: { Authorization: `Bearer ${token.access}` } });
        return (await answer.json()) as Answer;
      },
    });
    for (const device of devices) device.kill();
    expect(faults).toEqual([]);
  },
});
