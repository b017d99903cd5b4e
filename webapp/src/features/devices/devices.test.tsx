import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { playApi, show } from '../../../tests/render';
import DevicesPage from './DevicesPage';
import type { Device } from './queries';
import { sections } from './sections';

const device = (devicename: string, more: Partial<Device> = {}): Device => ({
  devicename,
  deviceid: `ID-${devicename}`,
  serialnumber: '00001',
  timestamp: '1795500000',
  role: 'owner',
  ...more,
});

test('devices are listed by state, from all pages of the answer', async () => {
  const calls = playApi(({ path }) => {
    if (path !== '/devices') return { status: 404 };
    return calls.length === 1
      ? { body: { devices: [device('Barn', { online: true })], cursor: 'next' } }
      : { body: { devices: [device('Roof', { online: false }), device('New')] } };
  });
  await show(<DevicesPage />);
  expect(within(await screen.findByRole('region', { name: 'Online' })).getByText('Barn')).toBeTruthy();
  expect(within(screen.getByRole('region', { name: 'Away' })).getByText('Roof')).toBeTruthy();
  expect(within(screen.getByRole('region', { name: 'State not known' })).getByText('Never connected')).toBeTruthy();
  expect(screen.getByText('1 of 3 online')).toBeTruthy();
});

test('search finds parts of names and ids, without accents', async () => {
  playApi(() => ({ body: { devices: [device('Küche', { online: true }), device('Barn', { online: true })] } }));
  await show(<DevicesPage />);
  await screen.findByText('Barn');
  await userEvent.type(screen.getByRole('searchbox'), 'kuch');
  expect(screen.queryByText('Barn')).toBeNull();
  expect(screen.getByText('Küche')).toBeTruthy();
  await userEvent.type(screen.getByRole('searchbox'), 'zzz');
  expect(screen.getByText('Nothing found')).toBeTruthy();
});

test('without devices the next step is told', async () => {
  playApi(() => ({ body: { devices: [] } }));
  await show(<DevicesPage />);
  expect(await screen.findByText('No device yet')).toBeTruthy();
});

test('a failure is told and can be tried again', async () => {
  let isDown = true;
  playApi(() =>
    isDown ? { status: 400, body: { message: 'Invalid parameters' } } : { body: { devices: [device('Barn')] } },
  );
  await show(<DevicesPage />);
  expect(await screen.findByRole('alert')).toBeTruthy();
  isDown = false;
});

test('a thousand devices are divided in one go', () => {
  const many = Array.from({ length: 1000 }, (_, index) => device(`Device ${index}`, { online: index % 2 === 0 }));
  const divided = sections(many, 'all', '');
  expect(divided.map(({ name, devices }) => [name, devices.length])).toEqual([
    ['online', 500],
    ['away', 500],
  ]);
});
