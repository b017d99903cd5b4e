import { screen } from '@testing-library/react';
import userEvent from '@testing-library/user-event';
import { expect, test } from 'vitest';
import { playApi, show } from '../../../tests/render';
import { tokens } from '../../session/session';
import SignInPage from './SignInPage';
import SignUpPage from './SignUpPage';

const TOKENS = { access: 'a', id: 'i', refresh: 'r' };

test('who signs in has a session; the access token is not stored', async () => {
  playApi(() => ({ body: { token: TOKENS, name: 'Ana' } }));
  await show(<SignInPage />, { signedIn: false });
  await userEvent.type(screen.getByLabelText('E-mail'), 'ana@example.com');
  await userEvent.type(screen.getByLabelText('Password'), 'Secret-1');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  await expect.poll(() => tokens.read()).toEqual(TOKENS);
  expect(JSON.stringify({ ...localStorage })).not.toContain('"access"');
});

test('a wrong password is told', async () => {
  playApi(() => ({ status: 401, body: { message: 'Unauthorized access' } }));
  await show(<SignInPage />, { signedIn: false });
  await userEvent.type(screen.getByLabelText('E-mail'), 'ana@example.com');
  await userEvent.type(screen.getByLabelText('Password'), 'x');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  expect(await screen.findByText('E-mail or password is wrong')).toBeTruthy();
  expect(tokens.isSignedIn()).toBe(false);
});

test('a second proof is asked for, and a wrong code is told', async () => {
  playApi(({ path, body }) => {
    if (path === '/user/login') return { body: { challenge: 'SOFTWARE_TOKEN_MFA', session: 's' } };
    return (body as { answer: string }).answer === '123456'
      ? { body: { token: TOKENS } }
      : { status: 400, body: { message: 'Invalid code' } };
  });
  await show(<SignInPage />, { signedIn: false });
  await userEvent.type(screen.getByLabelText('E-mail'), 'ana@example.com');
  await userEvent.type(screen.getByLabelText('Password'), 'Secret-1');
  await userEvent.click(screen.getByRole('button', { name: 'Sign in' }));
  await userEvent.type(await screen.findByLabelText('Code'), '000000');
  await userEvent.click(screen.getByRole('button', { name: 'Go on' }));
  expect(await screen.findByText('The code is wrong or too old')).toBeTruthy();
  await userEvent.clear(screen.getByLabelText('Code'));
  await userEvent.type(screen.getByLabelText('Code'), '123456');
  await userEvent.click(screen.getByRole('button', { name: 'Go on' }));
  await expect.poll(() => tokens.isSignedIn()).toBe(true);
});

test('signing up asks for the code and signs in', async () => {
  const calls = playApi(({ path }) => (path === '/user/login' ? { body: { token: TOKENS } } : {}));
  await show(<SignUpPage />, { signedIn: false });
  await userEvent.type(screen.getByLabelText('Your name'), 'Ana');
  await userEvent.type(screen.getByLabelText('E-mail'), 'ana@example.com');
  await userEvent.type(screen.getByLabelText('Password'), 'Secret-123');
  await userEvent.click(screen.getByRole('button', { name: 'Make the account' }));
  await userEvent.type(await screen.findByLabelText('Code'), '123456');
  await userEvent.click(screen.getByRole('button', { name: 'Confirm' }));
  await expect.poll(() => tokens.isSignedIn()).toBe(true);
  expect(calls.map((call) => call.path)).toEqual(['/user/signup', '/user/confirm_signup', '/user/login']);
  expect(calls[0]!.body).toEqual({ email: 'ana@example.com', name: 'Ana' });
});
