import { ApiFailure } from '@iotcloud/client';
import { TriangleAlert } from 'lucide-react';
import { explain, lastHeard } from '../api/failures';
import { useT } from '../i18n/i18n';
import { useAge } from './Age';

/** What went wrong, why, and what can be done. */
export function Failure({ failure, onRetry }: { failure: unknown; onRetry?: () => void }) {
  const t = useT();
  const { kind, title, text, action } = explain(failure);
  const seconds = failure instanceof ApiFailure ? (failure.retryAfterSeconds ?? 5) : 5;
  const detail =
    failure instanceof ApiFailure && kind === 'invalid' ? failure.detail.join('; ') || failure.message : '';
  const heard = lastHeard(failure);
  const age = useAge(heard);
  return (
    <div className={`notice ${kind === 'device' ? 'warn' : 'alarm'}`} role="alert">
      <TriangleAlert size={20} aria-hidden="true" />
      <div className="text">
        <b>{t(title)}</b>
        <span className="small">
          {t(text, { seconds })} {heard && t('failure.device.since', { age })} {detail}
        </span>
      </div>
      {onRetry && (action === 'retry' || action === 'refresh') && (
        <button type="button" className="button" onClick={onRetry}>
          {t(action === 'retry' ? 'action.retry' : 'action.refresh')}
        </button>
      )}
    </div>
  );
}
