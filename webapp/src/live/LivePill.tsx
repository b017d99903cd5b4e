import { useSyncExternalStore } from 'react';
import { useT } from '../i18n/i18n';
import { POLL_SECONDS } from './polling';

const subscribe = (listener: () => void) => {
  window.addEventListener('online', listener);
  window.addEventListener('offline', listener);
  return () => {
    window.removeEventListener('online', listener);
    window.removeEventListener('offline', listener);
  };
};

/** How what is on the screen stays new: by polling, or not at all without a network. */
export function LivePill() {
  const t = useT();
  const isOnline = useSyncExternalStore(subscribe, () => navigator.onLine);
  return (
    <>
      <span className={`dot ${isOnline ? '' : 'away'}`} aria-hidden="true" />
      <span role="status">{isOnline ? t('shell.polling', { seconds: POLL_SECONDS }) : t('shell.offline')}</span>
    </>
  );
}
