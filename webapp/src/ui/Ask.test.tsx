import { ApiFailure } from '@iotcloud/client';
import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { show } from '../../tests/render';
import { AskNote, AskSwitch, useAsk } from './Ask';

function Pump({ question, locked }: { question: (isOn: boolean) => Promise<unknown>; locked?: string }) {
  const asking = useAsk(question);
  return (
    <>
      <AskSwitch label="Pump" isOn={false} asking={asking} locked={locked} />
      <AskNote state={asking.state} />
    </>
  );
}

test('a switch stays where it is until the device has answered, and tells how long that took', async () => {
  let answer: (value: unknown) => void = () => {};
  await show(<Pump question={() => new Promise((done) => (answer = done))} />);
  const control = screen.getByRole('switch', { name: 'Pump' });
  await userEvent.click(control);
  expect(control.getAttribute('aria-checked')).toBe('false');
  expect(control.getAttribute('data-phase')).toBe('asked');
  answer(undefined);
  expect(await screen.findByText(/^confirmed in \d+ ms$/)).toBeTruthy();
});

test('two taps ask once', async () => {
  const asked: boolean[] = [];
  await show(
    <Pump
      question={(isOn) => {
        asked.push(isOn);
        return new Promise(() => {});
      }}
    />,
  );
  await userEvent.dblClick(screen.getByRole('switch'));
  expect(asked).toEqual([true]);
});

test('a device that does not answer leaves the switch alone and says why', async () => {
  await show(<Pump question={() => Promise.reject(new ApiFailure(503, 'Device is unreachable'))} />);
  await userEvent.click(screen.getByRole('switch'));
  expect(await screen.findByText('not done: The device does not answer')).toBeTruthy();
  expect(screen.getByRole('switch').getAttribute('aria-checked')).toBe('false');
});

test('a switch that may not be used says so and asks nothing', async () => {
  await show(<Pump question={() => Promise.reject(new Error('asked'))} locked="Ask the owner" />);
  const control = screen.getByRole('switch') as HTMLButtonElement;
  await userEvent.click(control);
  expect(control.disabled).toBe(true);
  expect(control.title).toBe('Ask the owner');
  expect(screen.queryByText(/not done/)).toBeNull();
});
