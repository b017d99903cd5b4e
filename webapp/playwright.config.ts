/** Journeys through the built app on a local cloud. IOTCLOUD_STACK names its `stack.json`; by default that of `make up`. */

import { existsSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { chromium, defineConfig } from '@playwright/test';

const stackFile = process.env.IOTCLOUD_STACK ?? join(import.meta.dirname, '../.local/stack.json');
const stack = JSON.parse(readFileSync(stackFile, 'utf8')) as { app_url: string | null };
if (!stack.app_url) throw new Error('the local cloud does not serve the app: make app, then make up');

/** A browser of the system, else the one that Playwright downloads. */
function browser(): string {
  const places = [
    process.env.IOTCLOUD_BROWSER ?? '',
    '/usr/bin/chromium',
    '/usr/bin/chromium-browser',
    '/usr/bin/google-chrome',
    '/Applications/Google Chrome.app/Contents/MacOS/Google Chrome',
    chromium.executablePath(),
  ];
  const found = places.find((place) => place && existsSync(place));
  if (!found)
    throw new Error(
      'no browser for the journeys. Install one: apt install chromium, or npx playwright install chromium',
    );
  return found;
}

export default defineConfig({
  testDir: 'tests/journeys',
  outputDir: 'test-results',
  fullyParallel: false,
  workers: 1,
  timeout: 240_000,
  expect: { timeout: 30_000 },
  reporter: [['list']],
  use: {
    baseURL: stack.app_url,
    actionTimeout: 30_000,
    locale: 'en-GB',
    timezoneId: 'Europe/Berlin',
    trace: 'retain-on-failure',
    launchOptions: { executablePath: browser(), args: ['--no-sandbox'] },
  },
  projects: [
    { name: 'desktop', use: { viewport: { width: 1280, height: 900 } } },
    { name: 'phone', use: { viewport: { width: 390, height: 844 }, hasTouch: true, isMobile: true } },
  ],
});
