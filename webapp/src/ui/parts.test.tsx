import { ApiFailure } from '@iotcloud/client';
import { screen } from '@testing-library/react';
import { afterEach, beforeEach, expect, test, vi } from 'vitest';
import { show } from '../../tests/render';
import { Age, timeOf } from './Age';
import { EdgeConnector } from './EdgeConnector';
import { Failure } from './Failure';
import { Value } from './Value';

const NOW = new Date('2026-11-25T12:00:00Z');

beforeEach(() => vi.useFakeTimers({ now: NOW, toFake: ['Date', 'setInterval', 'clearInterval'] }));
afterEach(() => vi.useRealTimers());

test('an age is told in its largest unit, in both languages', async () => {
  const at = new Date(NOW.getTime() - 26 * 60_000);
  const { unmount } = await show(<Age at={at} ago />);
  expect(screen.getByText('26 min ago')).toBeTruthy();
  unmount();
  await show(<Age at={at} ago />, { language: 'de' });
  expect(screen.getByText('vor 26 Min.')).toBeTruthy();
});

test('what never was has no age', async () => {
  await show(<Age at={timeOf('0')} />);
  expect(screen.getByText('never')).toBeTruthy();
});

test('a value has the digits and the sign of its unit', async () => {
  await show(<Value value={24.55} unit="C" />, { language: 'de' });
  expect(screen.getByText('24,6')).toBeTruthy();
  expect(screen.getByText('°C')).toBeTruthy();
});

test('an old value carries its age, and no value is no zero', async () => {
  await show(
    <>
      <Value value={3} unit="m/s" at={new Date(NOW.getTime() - 7_200_000)} state="old" />
      <Value value={undefined} unit="C" />
    </>,
  );
  expect(screen.getByText('2h ago')).toBeTruthy();
  expect(screen.getByText('No value yet')).toBeTruthy();
});

test('the connector names the ports that are used', async () => {
  await show(<EdgeConnector used={{ gpio2: 'var(--gpio)', tprobe1: 'var(--temperature)' }} />);
  expect(screen.getByRole('img', { name: 'Ports in use: GPIO 2, TPROBE' }).children).toHaveLength(13);
});

test.each([
  [new ApiFailure(0, 'No answer'), 'No answer from the platform'],
  [new ApiFailure(401, 'Unauthorized access'), 'E-mail or password is wrong'],
  [new ApiFailure(403, 'Not permitted'), 'You may not do this'],
  [new ApiFailure(404, 'Sensor is not registered'), 'It does not exist'],
  [new ApiFailure(409, 'Device name is already taken'), 'That is taken'],
  [new ApiFailure(409, 'Sensor is busy'), 'Somebody else is changing this'],
  [new ApiFailure(429, 'Too many requests', [], {}, 40), 'Too many requests'],
  [new ApiFailure(500, 'Internal server error'), 'The platform has a fault'],
  [new ApiFailure(418, 'A status of a newer platform'), 'The platform has a fault'],
  [new Error('a fault of the app'), 'The platform has a fault'],
])('%o is told as "%s"', async (failure, title) => {
  await show(<Failure failure={failure} />);
  expect(screen.getByText(title)).toBeTruthy();
});

test('a device that does not answer is told with when it was last heard', async () => {
  const heartbeat = String(NOW.getTime() / 1000 - 600);
  await show(<Failure failure={new ApiFailure(503, 'Device is unreachable', [], { heartbeat })} />);
  expect(screen.getByRole('alert').textContent).toContain('Last heard 10 min ago.');
});

test('what was wrong with the input is told', async () => {
  await show(<Failure failure={new ApiFailure(400, 'Invalid parameters', ['threshold.min is above threshold.max'])} />);
  expect(screen.getByRole('alert').textContent).toContain('threshold.min is above threshold.max');
});
