import { screen, within } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { playApi, show } from '../../../tests/render';
import DevicesPage from './DevicesPage';
import type { Device, Glance } from './queries';
import { sections } from './sections';

const device = (devicename: string, more: Partial<Device> = {}): Device => ({
  devicename,
  deviceid: `ID-${devicename}`,
  serialnumber: '00001',
  timestamp: '1795500000',
  role: 'owner',
  alarm: false,
  ports: [],
  sensors: [],
  ...more,
});

test('devices are listed by state, from all pages of the answer', async () => {
  const calls = playApi(({ path }) => {
    if (path !== '/devices/overview') return { status: 404 };
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
    isDown ? { status: 503, body: { message: 'Device is unreachable' } } : { body: { devices: [device('Barn')] } },
  );
  await show(<DevicesPage />);
  expect(await screen.findByRole('alert')).toBeTruthy();
  isDown = false;
  await userEvent.click(screen.getByRole('button', { name: 'Try again' }));
  expect(await screen.findByText('Barn')).toBeTruthy();
});

const probe = (more: Partial<Glance> = {}): Glance => ({
  source: 'tprobe',
  number: '1',
  sensorname: 'North bed',
  class: 'temperature',
  subclass: 'humidity',
  type: 'input',
  enabled: 1,
  units: ['C', '%'],
  value: 24.6,
  subvalue: 58,
  timestamp: String(Math.floor(Date.now() / 1000)),
  alarm: false,
  inactive: false,
  ...more,
});

test('a device in alarm comes first, with the reason, its values and its board', async () => {
  const cold = device('Cold store', { online: true, alarm: true, sensors: [probe({ alarm: true, value: 9.4 })] });
  playApi(() => ({ body: { devices: [device('Barn', { online: true }), cold] } }));
  await show(<DevicesPage />);
  const attention = within(await screen.findByRole('region', { name: 'Needs attention' }));
  expect(attention.getByText('North bed is beyond its limit')).toBeTruthy();
  expect(attention.getByText('9.4')).toBeTruthy();
  expect(attention.getByText('58')).toBeTruthy();
  expect(attention.getByRole('img', { name: 'Ports in use: TPROBE' })).toBeTruthy();
  expect(screen.getByText('2 of 2 online, 1 needs attention')).toBeTruthy();
});

test('values of a device that is away carry their age', async () => {
  const hour = String(Math.floor(Date.now() / 1000) - 3600);
  const roof = device('Roof', { online: false, disconnected_at: hour, sensors: [probe({ timestamp: hour })] });
  playApi(() => ({ body: { devices: [roof] } }));
  await show(<DevicesPage />);
  expect((await screen.findAllByText('1h ago')).length).toBe(2);
});

test('a thousand devices are divided in one go', () => {
  const many = Array.from({ length: 1000 }, (_, index) => device(`Device ${index}`, { online: index % 2 === 0 }));
  const divided = sections(many, 'all', '');
  expect(divided.map(({ name, devices }) => [name, devices.length])).toEqual([
    ['online', 500],
    ['away', 500],
  ]);
});
