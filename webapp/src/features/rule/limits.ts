/** The limits of a rule, as a chart draws them. */

import { type Properties, valueAt } from '../../board/fields';
import type { Limits } from '../../ui/Chart';

/** Of the main class (0) or the second (1); undefined where there are none, as when readings are forwarded. */
export function limitsOf(properties: Properties | undefined, index: number): Limits | undefined {
  const own = index === 0 ? properties : (properties?.subattributes as Properties | undefined);
  if (!own || valueAt(own, 'threshold') === undefined) return undefined;
  const number = (path: string) => Number(valueAt(own, `threshold.${path}`) ?? 0);
  const hysteresis = number('hysteresis');
  if (own.mode === 0) return { high: number('value'), hysteresis };
  if (own.mode === 1) {
    return { low: number('min'), high: number('max'), hysteresis, isWithin: number('activate') === 1 };
  }
  return undefined;
}
