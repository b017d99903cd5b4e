import { expect, test } from './world';

test('from signing up to a moving chart, a confirmed pin and a notice', async ({ world }) => {
  const { page } = world;
  await page.goto('/');
  await world.look('sign-in');
  const email = await world.signUp();
  await expect(page.getByText('No device yet')).toBeVisible();
  await world.look('no-device');

  await page.getByRole('link', { name: 'Add device' }).first().click();
  await page.getByRole('button', { name: 'Generate an id' }).click();
  await page.getByLabel('Name').fill('Greenhouse');
  // The generator has one byte of chance, which many runs use up.
  const id = `PH80${crypto.randomUUID().slice(0, 8).toUpperCase()}`;
  await page.getByLabel('Device id').fill(id);
  await world.look('add-device');
  await page.getByRole('button', { name: 'Add device' }).click();
  const download = page.waitForEvent('download');
  await page.getByRole('button', { name: 'Save the files' }).click();
  world.runDevice(await (await download).path());
  await expect(page.getByText('The device is connected')).toBeVisible({ timeout: 90_000 });
  await world.look('device-added');
  await page.getByRole('link', { name: 'Open the device' }).click();

  await page.getByRole('tab', { name: /TPROBE/ }).click();
  await page.getByRole('button', { name: 'Add sensor' }).click();
  await world.look('catalogue');
  await page.getByRole('button', { name: /SONOFF TH16/ }).click();
  await page.getByLabel('Name').fill('North bed');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  await page.getByLabel('Limit (°C)').fill('1');
  await expect(page.getByText(/Tell .* when it is above/)).toContainText('1.0 °C');
  await world.look('rule');
  await page.getByRole('button', { name: 'Save' }).click();
  await page.getByRole('switch', { name: 'North bed enabled' }).click();
  await expect(page.getByRole('switch', { name: 'North bed enabled' })).toHaveAttribute('aria-checked', 'true');

  const chart = page.getByRole('img', { name: /^Temperature: / });
  await expect(chart).toBeVisible({ timeout: 60_000 });
  const before = await chart.getAttribute('aria-label');
  await expect.poll(() => chart.getAttribute('aria-label'), { timeout: 90_000 }).not.toBe(before);
  await chart.focus();
  await page.keyboard.press('End');
  await expect(page.getByText(/°C, beyond the limit$/)).toBeVisible();
  await page.getByRole('button', { name: 'Try on the last 7 days' }).click();
  await expect(page.getByText(/would have told/)).toBeVisible();
  await world.look('sensor');
  await page.getByRole('button', { name: 'Table' }).click();
  await expect(page.getByRole('columnheader', { name: 'Temperature' })).toBeVisible();

  await expect
    .poll(
      async () =>
        (await world.ask<{ transactions: { source: string }[] }>(email, '/devices/menos')).transactions.map(
          ({ source }) => source,
        ),
      {
        timeout: 60_000,
      },
    )
    .toContain('TPROBE1');

  await page.getByRole('tab', { name: /GPIO 2/ }).click();
  await page.getByLabel('Direction').selectOption({ label: 'output' });
  await page.getByRole('button', { name: 'Save' }).click();
  await expect(page.getByText('Controls')).toBeVisible();
  const pump = page.getByRole('switch', { name: 'GPIO 2' }).first();
  await expect(pump).toHaveAttribute('aria-checked', 'false');
  await pump.click();
  await expect(page.getByText(/^confirmed in \d+ ms$/).first()).toBeVisible();
  await expect(pump).toHaveAttribute('aria-checked', 'true');
  await world.look('gpio');
  await page.getByRole('tab', { name: /UART/ }).click();
  await expect(page.getByLabel('Baud rate')).toBeVisible();
  await world.look('uart');

  await page.goto('/devices');
  await expect(page.getByRole('link', { name: 'Greenhouse' })).toBeVisible();
  await world.look('devices');
});

test.describe('in German', () => {
  test.use({ locale: 'de-DE' });

  test('the way to the first device fits and is German', async ({ world }) => {
    const { page } = world;
    await page.setViewportSize({ width: 360, height: 740 });
    await world.signUp('Jürgen Weiß');
    await expect(page.getByRole('heading', { name: 'Geräte' })).toBeVisible();
    await page.getByRole('link', { name: 'Gerät hinzufügen' }).first().click();
    await expect(page.getByRole('heading', { name: 'Gerät hinzufügen' })).toBeVisible();
    const isWider = await page.evaluate(() => document.documentElement.scrollWidth > innerWidth);
    expect(isWider).toBe(false);
    await world.look('german-add-device');
  });
});

test('an unknown address and a wrong password are told', async ({ world }) => {
  const { page } = world;
  await page.goto('/devices/Nowhere');
  await expect(page).toHaveURL(/sign-in\?next=%2Fdevices%2FNowhere/);
  await world.signUp();
  await page.goto('/no/such/page');
  await expect(page.getByRole('heading', { name: 'There is nothing here' })).toBeVisible();
  await page.goto('/devices/Nowhere');
  await expect(page.getByText('It does not exist').first()).toBeVisible();
});
