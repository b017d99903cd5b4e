import { basicCredentials, must } from '@iotcloud/client';
import { useMutation } from '@tanstack/react-query';
import { useState } from 'react';
import { Link, useNavigate } from 'react-router-dom';
import { useT } from '../../i18n/i18n';
import { api } from '../../session/session';
import { Failure } from '../../ui/Failure';
import { Field } from '../../ui/Field';
import { textOf } from './form';

/** Set a new password with a code that is sent by e-mail. */
export default function ForgottenPage() {
  const t = useT();
  const navigate = useNavigate();
  const [username, setUsername] = useState('');
  const send = useMutation({
    mutationFn: (email: string) => must(api.POST('/user/forgot_password', { body: { email } })),
    onSuccess: (answer) => setUsername(answer.username),
  });
  const reset = useMutation({
    mutationFn: ({ code, password }: { code: string; password: string }) =>
      must(
        api.POST('/user/confirm_forgot_password', {
          headers: { Authorization: basicCredentials(username, password) },
          body: { confirmationcode: code },
        }),
      ),
    onSuccess: () => navigate('/sign-in?reset'),
  });
  return (
    <form
      className="form card"
      onSubmit={(event) => {
        event.preventDefault();
        if (username) reset.mutate({ code: textOf(event, 'code').trim(), password: textOf(event, 'password') });
        else send.mutate(textOf(event, 'email').trim());
      }}
    >
      <h1>{t('access.forgotten.title')}</h1>
      {username ? (
        <>
          <p>{t('access.confirm.text', { email: username })}</p>
          <Field label={t('access.code')} name="code" inputMode="numeric" autoComplete="one-time-code" required />
          <Field
            label={t('access.newPassword')}
            name="password"
            type="password"
            autoComplete="new-password"
            hint={t('access.passwordRules')}
            required
          />
        </>
      ) : (
        <>
          <p>{t('access.forgotten.text')}</p>
          <Field label={t('access.email')} name="email" type="email" autoComplete="username" required />
        </>
      )}
      {(send.error ?? reset.error) && <Failure failure={send.error ?? reset.error} />}
      <button type="submit" className="button primary" disabled={send.isPending || reset.isPending}>
        {t(username ? 'access.reset.action' : 'access.forgotten.action')}
      </button>
      <Link className="link" to="/sign-in">
        {t('access.back')}
      </Link>
    </form>
  );
}
