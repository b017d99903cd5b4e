/** What the first view costs: bytes as a server compresses them, paint, shifts of the layout. */

import { readdirSync, readFileSync } from 'node:fs';
import { join } from 'node:path';
import { brotliCompressSync, constants } from 'node:zlib';
import { expect, test } from './world';

const KB = 1024;
const FIRST_VIEW_KB = 320;
const CHUNK_KB = 350;
const compressed = (bytes: Buffer) =>
  brotliCompressSync(bytes, { params: { [constants.BROTLI_PARAM_QUALITY]: 5 } }).length / KB;

test('the first view is small, painted soon, and does not shift', async ({ world }, info) => {
  const { page } = world;
  await world.signUp();
  const bodies: Promise<number>[] = [];
  page.on('response', (response) => {
    if (response.url().includes('/api/') || !response.ok()) return;
    const isPacked = /woff2$/.test(response.url());
    bodies.push(
      response.body().then(
        (body) => (isPacked ? body.length / KB : compressed(body)),
        () => 0,
      ),
    );
  });
  await page.goto('/devices');
  await expect(page.getByText('No device yet')).toBeVisible();
  const size = (await Promise.all(bodies)).reduce((sum, one) => sum + one, 0);
  const { shift, paint } = await page.evaluate(
    () =>
      new Promise<{ shift: number; paint: number }>((done) => {
        let sum = 0;
        new PerformanceObserver((list) => {
          for (const entry of list.getEntries()) sum += (entry as unknown as { value: number }).value;
        }).observe({ type: 'layout-shift', buffered: true });
        const paint = performance.getEntriesByName('first-contentful-paint')[0]?.startTime ?? 0;
        setTimeout(() => done({ shift: sum, paint }), 300);
      }),
  );
  info.annotations.push({
    type: 'measured',
    description: `${size.toFixed(1)} KB, paint ${paint.toFixed(0)} ms, shift ${shift}`,
  });
  console.log(
    `first view: ${size.toFixed(1)} KB, first paint ${paint.toFixed(0)} ms, layout shift ${shift.toFixed(4)}`,
  );
  expect(size).toBeLessThanOrEqual(FIRST_VIEW_KB);
  expect(shift).toBeLessThanOrEqual(0.01);
});

test('no part is larger than a phone should wait for', () => {
  const assets = join(import.meta.dirname, '../../dist/assets');
  const large = readdirSync(assets)
    .filter((name) => /\.(js|css)$/.test(name))
    .map((name) => [name, compressed(readFileSync(join(assets, name)))] as const)
    .filter(([, size]) => size > CHUNK_KB);
  expect(large).toEqual([]);
});
