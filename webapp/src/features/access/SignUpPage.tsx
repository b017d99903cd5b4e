import { basicCredentials, must } from '@iotcloud/client';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link } from 'react-router-dom';
import { useT } from '../../i18n/i18n';
import { api, client } from '../../session/session';
import { Failure } from '../../ui/Failure';
import { Field } from '../../ui/Field';
import { textOf } from './form';

type Account = { email: string; password: string; name: string; phone: string };

/** Make an account, confirm it by the code that was sent, and be signed in. */
export default function SignUpPage() {
  const t = useT();
  const [made, setMade] = useState<Account | null>(null);
  const signUp = useMutation({
    mutationFn: ({ email, password, name, phone }: Account) =>
      must(
        api.POST('/user/signup', {
          headers: { Authorization: basicCredentials(email, password) },
          body: { email, name, ...(phone ? { phone_number: phone } : {}) },
        }),
      ),
    onSuccess: (_, account) => setMade(account),
  });
  if (made) return <Confirm account={made} />;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    signUp.mutate({
      email: textOf(event, 'email').trim(),
      password: textOf(event, 'password'),
      name: textOf(event, 'name').trim(),
      phone: textOf(event, 'phone').trim(),
    });
  };
  return (
    <div className="card">
      <form className="form" onSubmit={submit}>
        <h1>{t('access.signUp.title')}</h1>
        <Field label={t('access.name')} name="name" autoComplete="name" required maxLength={256} />
        <Field label={t('access.email')} name="email" type="email" autoComplete="username" required />
        <Field
          label={t('access.password')}
          name="password"
          type="password"
          autoComplete="new-password"
          hint={t('access.passwordRules')}
          required
        />
        <Field label={t('access.phone')} name="phone" type="tel" autoComplete="tel" />
        {signUp.error && <Failure failure={signUp.error} />}
        <button type="submit" className="button primary" disabled={signUp.isPending}>
          {t('access.signUp.action')}
        </button>
      </form>
      <div className="more">
        <Link className="link" to="/sign-in">
          {t('access.back')}
        </Link>
      </div>
    </div>
  );
}

function Confirm({ account: { email, password } }: { account: Account }) {
  const t = useT();
  const confirm = useMutation({
    mutationFn: async (code: string) => {
      await must(api.POST('/user/confirm_signup', { body: { username: email, confirmationcode: code } }));
      await client.signIn(email, password);
    },
  });
  const again = useMutation({
    mutationFn: () => must(api.POST('/user/resend_confirmation_code', { body: { username: email } })),
  });
  return (
    <form
      className="form card"
      onSubmit={(event) => {
        event.preventDefault();
        confirm.mutate(textOf(event, 'code').trim());
      }}
    >
      <h1>{t('access.confirm.title')}</h1>
      <p>{t('access.confirm.text', { email })}</p>
      <Field label={t('access.code')} name="code" inputMode="numeric" autoComplete="one-time-code" required />
      {(confirm.error ?? again.error) && <Failure failure={confirm.error ?? again.error} />}
      {again.isSuccess && <p className="said confirmed">{t('access.confirm.sentAgain')}</p>}
      <button type="submit" className="button primary" disabled={confirm.isPending}>
        {t('access.confirm.action')}
      </button>
      <button type="button" className="link" onClick={() => again.mutate()}>
        {t('access.confirm.again')}
      </button>
    </form>
  );
}
