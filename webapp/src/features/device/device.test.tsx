import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { Route, Routes } from 'react-router-dom';
import { expect, test } from 'vitest';
import { type Call, playApi, type Reply, show } from '../../../tests/render';
import DevicePage from './DevicePage';

const DEVICE = { devicename: 'Barn', deviceid: 'ID', serialnumber: '1', timestamp: '1795500000', role: 'owner' };
const PROBE = {
  source: 'tprobe',
  number: '1',
  sensorname: 'North bed',
  manufacturer: 'ITEAD Studio',
  model: 'SONOFF TH16',
  class: 'temperature',
  subclass: 'humidity',
  type: 'input',
  units: ['C', '%'],
  formats: ['float', 'float'],
  attributes: ['Temperature'],
  subattributes: ['Humidity'],
  enabled: 1,
  configured: 1,
  timestamp: '1795500000',
};
const FUTURE = {
  ...PROBE,
  source: 'adc',
  sensorname: 'Radon',
  class: 'radon',
  subclass: undefined,
  units: ['Bq'],
  attributes: ['Radon'],
};

type World = {
  role?: string;
  online?: boolean;
  pins?: number[];
  sensors?: object[];
  enable?: () => Reply | Promise<Reply>;
};

function play({ role = 'owner', online = true, pins = [0, 0, 0, 0], sensors = [PROBE], enable }: World): Call[] {
  const levels = [...pins];
  return playApi(({ path, body }) => {
    const rest = path.replace('/devices/device/Barn', '');
    const bus = /^\/(i2c|adc|1wire|tprobe)\/sensors$/.exec(rest)?.[1];
    if (rest === '') return { body: { device: { ...DEVICE, role, online } } };
    if (rest === '/uarts') return { body: { value: { uarts: [{ enabled: 1 }] } } };
    if (rest === '/gpios') {
      const gpios = levels.map((enabled) => ({ direction: 1, status: enabled, enabled }));
      return { body: { value: { voltage: 0, gpios } } };
    }
    if (bus) return { body: { sensors: sensors.filter((one) => (one as typeof PROBE).source === bus) } };
    if (rest === '/sensors/readings/dataset') {
      const times = [100, 105].map((seconds) => String(Math.floor(Date.now() / 1000) - 110 + seconds));
      const dataset = {
        labels: times,
        data: [
          [24.1, 24.6],
          [57, 58],
        ],
      };
      return { body: { sensors: sensors.map((one) => ({ ...one, dataset })) } };
    }
    const switched = /^\/gpio\/(\d)\/enable$/.exec(rest);
    if (switched) {
      if (enable) return enable();
      levels[Number(switched[1]) - 1] = (body as { enable: number }).enable;
      return {};
    }
    return { status: 404 };
  });
}

const open = (path = '/devices/Barn') =>
  show(
    <Routes>
      <Route path="/devices/:devicename" element={<DevicePage />} />
    </Routes>,
    { path },
  );

test('all thirteen ports are drawn, with what is on them', async () => {
  play({ pins: [0, 1, 0, 0] });
  await open();
  expect(await screen.findAllByRole('tab')).toHaveLength(13);
  expect(await screen.findByText('24.6°')).toBeTruthy();
  expect(screen.getByRole('tab', { name: /TPROBE/ }).getAttribute('aria-selected')).toBe('true');
  expect(screen.getByRole('heading', { name: 'North bed' })).toBeTruthy();
  expect(screen.getByText('Humidity')).toBeTruthy();
});

test('arrow keys move along the board', async () => {
  play({});
  await open('/devices/Barn?port=uart');
  (await screen.findByRole('tab', { name: /UART/ })).focus();
  await userEvent.keyboard('{ArrowRight}');
  expect(screen.getByRole('tab', { name: /GPIO 1/ }).getAttribute('aria-selected')).toBe('true');
  await userEvent.keyboard('{End}');
  expect(screen.getByRole('tab', { name: /TPROBE/ }).getAttribute('aria-selected')).toBe('true');
});

test('a pin flips only after the device has confirmed', async () => {
  const calls = play({ pins: [0, 1, 0, 0] });
  await open('/devices/Barn?port=gpio2');
  const control = (await screen.findAllByRole('switch', { name: 'GPIO 2' }))[0]!;
  expect(control.getAttribute('aria-checked')).toBe('true');
  await userEvent.click(control);
  expect((await screen.findAllByText(/^confirmed in/)).length).toBeGreaterThan(0);
  expect(control.getAttribute('aria-checked')).toBe('false');
  expect(calls.find((call) => call.path.endsWith('/gpio/2/enable'))?.body).toEqual({ enable: 0 });
});

test('a device that goes away during a command leaves the pin as it was', async () => {
  play({ pins: [0, 1, 0, 0], enable: () => ({ status: 503, body: { message: 'Device is unreachable' } }) });
  await open('/devices/Barn?port=gpio2');
  const control = (await screen.findAllByRole('switch', { name: 'GPIO 2' }))[0]!;
  await userEvent.click(control);
  expect((await screen.findAllByText('not done: The device does not answer')).length).toBeGreaterThan(0);
  expect(control.getAttribute('aria-checked')).toBe('true');
});

test('a viewer sees controls locked, with the reason', async () => {
  play({ role: 'viewer', pins: [0, 1, 0, 0] });
  await open('/devices/Barn?port=gpio2');
  const control = (await screen.findAllByRole('switch', { name: 'GPIO 2' }))[0] as HTMLButtonElement;
  expect(control.disabled).toBe(true);
  expect(control.title).toContain('Ask the owner');
});

test('a port is not called free before its sensors are known', async () => {
  let answer: () => void = () => {};
  const answered = new Promise<void>((done) => {
    answer = done;
  });
  playApi(async ({ path }) => {
    if (path === '/devices/device/Barn') return { body: { device: { ...DEVICE, online: false } } };
    if (path.endsWith('/tprobe/sensors')) await answered;
    return { body: { sensors: [] } };
  });
  await open('/devices/Barn?port=tprobe1');
  await screen.findByRole('tab', { name: 'TPROBE' });
  expect(screen.queryByText('Nothing is attached to this port.')).toBeNull();
  answer();
  expect(await screen.findByText('Nothing is attached to this port.')).toBeTruthy();
});

test('a device that is away is not asked for what only it knows', async () => {
  const calls = play({ online: false });
  await open();
  expect(await screen.findByRole('heading', { name: 'North bed' })).toBeTruthy();
  expect(calls.map((call) => call.path).filter((path) => /gpios|uarts/.test(path))).toEqual([]);
});

test('a class that the app does not know is shown with its value', async () => {
  play({ sensors: [FUTURE] });
  await open();
  expect(await screen.findByRole('heading', { name: 'Radon' })).toBeTruthy();
});
