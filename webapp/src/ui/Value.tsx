import { unitOf } from '../board/classes';
import { formatReading } from '../i18n/format';
import { useLocale, useT } from '../i18n/i18n';
import { Age } from './Age';

export type ValueProps = {
  value: number | undefined;
  unit?: string;
  at?: Date | undefined;
  /** `old`: nothing was heard for longer than the sensor should take. */
  state?: 'fresh' | 'alarm' | 'old';
  size?: 'normal' | 'large';
};

/** A reading with its unit. Without a value it says so; an old value is grey and carries its age. */
export function Value({ value, unit, at, state = 'fresh', size = 'normal' }: ValueProps) {
  const t = useT();
  const locale = useLocale();
  if (value === undefined) return <span className="muted">{t('value.none')}</span>;
  const { text } = unitOf(unit);
  return (
    <span className={`quantity ${state === 'fresh' ? '' : state} ${size === 'large' ? 'large' : ''}`}>
      <span>{formatReading(locale, value, unit)}</span>
      {text && <small>{text}</small>}
      {state === 'old' && at && (
        <small>
          <Age at={at} ago />
        </small>
      )}
    </span>
  );
}
