import type { Challenge } from '@iotcloud/client';
import { useMutation } from '@tanstack/react-query';
import { type FormEvent, useState } from 'react';
import { Link, useSearchParams } from 'react-router-dom';
import { useT } from '../../i18n/i18n';
import { client } from '../../session/session';
import { Failure } from '../../ui/Failure';
import { Field } from '../../ui/Field';
import { textOf } from './form';

/** Sign in with a password, and with a second proof where one is set up. */
export default function SignInPage() {
  const t = useT();
  const [search] = useSearchParams();
  const [challenge, setChallenge] = useState<Challenge | null>(null);
  const signIn = useMutation({
    mutationFn: ({ email, password }: { email: string; password: string }) => client.signIn(email, password),
    onSuccess: (outcome) => setChallenge(outcome.signedIn ? null : outcome.challenge),
  });
  if (challenge) return <SecondProof challenge={challenge} onNext={setChallenge} />;
  const submit = (event: FormEvent<HTMLFormElement>) => {
    event.preventDefault();
    signIn.mutate({ email: textOf(event, 'email'), password: textOf(event, 'password') });
  };
  return (
    <div className="card">
      <form className="form" onSubmit={submit}>
        <h1>{t('access.signIn.title')}</h1>
        {search.has('reset') && <p className="said confirmed">{t('access.reset.done')}</p>}
        <Field label={t('access.email')} name="email" type="email" autoComplete="username" required />
        <Field label={t('access.password')} name="password" type="password" autoComplete="current-password" required />
        {signIn.error && <Failure failure={signIn.error} />}
        <button type="submit" className="button primary" disabled={signIn.isPending}>
          {t('access.signIn.action')}
        </button>
      </form>
      <div className="more">
        <Link className="link" to="/sign-up">
          {t('access.signIn.new')}
        </Link>
        <Link className="link" to="/forgotten">
          {t('access.signIn.forgotten')}
        </Link>
      </div>
    </div>
  );
}

type SecondProofProps = { challenge: Challenge; onNext: (challenge: Challenge | null) => void };

function SecondProof({ challenge, onNext }: SecondProofProps) {
  const t = useT();
  const answer = useMutation({
    mutationFn: (text: string) => client.answerChallenge(challenge, text),
    onSuccess: (outcome) => !outcome.signedIn && onNext(outcome.challenge),
  });
  const wantsPassword = challenge.kind === 'NEW_PASSWORD_REQUIRED';
  return (
    <form
      className="form card"
      onSubmit={(event) => {
        event.preventDefault();
        answer.mutate(textOf(event, 'answer'));
      }}
    >
      <h1>{t('access.second.title')}</h1>
      <p>{t(`access.second.${challenge.kind}`)}</p>
      <Field
        key={challenge.kind}
        label={t(wantsPassword ? 'access.newPassword' : 'access.code')}
        name="answer"
        type={wantsPassword ? 'password' : 'text'}
        inputMode={wantsPassword ? undefined : 'numeric'}
        autoComplete={wantsPassword ? 'new-password' : 'one-time-code'}
        required
      />
      {answer.error && <Failure failure={answer.error} />}
      <button type="submit" className="button primary" disabled={answer.isPending}>
        {t('access.second.action')}
      </button>
      <button type="button" className="link" onClick={() => onNext(null)}>
        {t('access.back')}
      </button>
    </form>
  );
}
