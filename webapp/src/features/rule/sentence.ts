/** A rule, read out as a sentence. Each word that can be changed is a part with the path of its field. */

import { type Properties, valueAt } from '../../board/fields';
import { formatDuration, formatNumber, formatWithUnit } from '../../i18n/format';
import type { MessageId, Translate, Values } from '../../i18n/i18n';

export type Part = { text: string; path?: string };
type Words = Record<string, Part>;

const MARK = '\u0001';

/** Fill a message with words, and give it as parts in the order of the language. */
function fill(t: Translate, id: MessageId, words: Words): Part[] {
  const values: Values = Object.fromEntries(Object.keys(words).map((name) => [name, `${MARK}${name}${MARK}`]));
  return t(id, values)
    .split(MARK)
    .map((text, at) => (at % 2 === 1 ? words[text]! : { text }))
    .filter(({ text }) => text !== '');
}

export function sentence(properties: Properties, unit: string | undefined, t: Translate, locale: string): Part[] {
  const number = (path: string) => Number(valueAt(properties, path) ?? 0);
  const quantity = (path: string, value = number(path)): Part => ({
    path,
    text: unit ? formatWithUnit(locale, value, unit) : formatNumber(locale, value),
  });
  const who = recipients(properties, t);
  const hysteresis = number('threshold.hysteresis');
  const parts: Part[] = [];
  if (properties.mode === 2) {
    const to = String(valueAt(properties, 'hardware.devicename') ?? '');
    parts.push(
      ...fill(t, to ? 'rule.forward' : 'rule.forwardNowhere', { device: { text: to, path: 'hardware.devicename' } }),
    );
  } else if (who.length === 0) {
    parts.push({ text: t('rule.nobody') });
  } else {
    const words = {
      who: { text: new Intl.ListFormat(locale).format(who) },
      limit: quantity('threshold.value'),
      back: quantity('threshold.hysteresis', number('threshold.value') - hysteresis),
      low: quantity('threshold.min'),
      high: quantity('threshold.max'),
    };
    const dual = valueAt(properties, 'threshold.activate') === 1 ? 'rule.within' : 'rule.outside';
    parts.push(...fill(t, properties.mode === 0 ? 'rule.above' : dual, words));
    if (valueAt(properties, 'alert.type') === 1) {
      const span = { text: formatDuration(locale, number('alert.period') / 1000), path: 'alert.period' };
      parts.push({ text: ' ' }, ...fill(t, 'rule.again', { span }));
    }
  }
  if (properties.inactivity_seconds !== undefined) {
    const span = { text: formatDuration(locale, number('inactivity_seconds')), path: 'inactivity_seconds' };
    parts.push({ text: ' ' }, ...fill(t, 'rule.silence', { span }));
  }
  return parts;
}

/** Who is told, by the channels that are on. */
function recipients(properties: Properties, t: Translate): string[] {
  const endpoint = (name: string) =>
    (valueAt(properties, `notification.endpoints.${name}`) ?? {}) as { enable?: boolean; recipients?: string };
  const named = ['email', 'mobile', 'modem']
    .map(endpoint)
    .filter(({ enable, recipients: names }) => enable && names)
    .map(({ recipients: names }) => names!);
  return [...named, ...(endpoint('notification').enable ? [t('rule.phones')] : [])];
}
