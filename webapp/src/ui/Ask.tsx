/**
 * Controls that ask. Nothing changes on the screen before the answer is there; the time of the answer is shown, or the
 * reason why there is none.
 */

import { useCallback, useRef, useState } from 'react';
import { explain } from '../api/failures';
import { useT } from '../i18n/i18n';

export type AskState =
  | { phase: 'idle' }
  | { phase: 'asked' }
  | { phase: 'confirmed'; ms: number }
  | { phase: 'refused'; failure: unknown };

export type Asking<Wish> = { state: AskState; ask: (wish: Wish) => Promise<boolean> };

/** Ask for something, one question at a time: a second tap while the first is under way joins it. */
export function useAsk<Wish>(question: (wish: Wish) => Promise<unknown>): Asking<Wish> {
  const [state, setState] = useState<AskState>({ phase: 'idle' });
  const pending = useRef<Promise<boolean> | null>(null);
  const ask = useCallback(
    (wish: Wish) => {
      pending.current ??= (async () => {
        setState({ phase: 'asked' });
        const begin = performance.now();
        try {
          await question(wish);
          setState({ phase: 'confirmed', ms: Math.round(performance.now() - begin) });
          return true;
        } catch (failure) {
          setState({ phase: 'refused', failure });
          return false;
        } finally {
          pending.current = null;
        }
      })();
      return pending.current;
    },
    [question],
  );
  return { state, ask };
}

/** What became of the question, in words. `saved` for what is no matter of a device's answer. */
export function AskNote({ state, saved = false }: { state: AskState; saved?: boolean }) {
  const t = useT();
  const text = {
    idle: () => '',
    asked: () => t('ask.asked'),
    confirmed: () => (saved ? t('ask.saved') : t('ask.confirmed', { ms: (state as { ms: number }).ms })),
    refused: () => t('ask.refused', { why: t(explain((state as { failure: unknown }).failure).title) }),
  }[state.phase]();
  return (
    <span className={`said ${state.phase}`} role="status">
      {text}
    </span>
  );
}

export type AskSwitchProps = {
  label: string;
  isOn: boolean;
  /** Why it cannot be used, if so. */
  locked?: string | undefined;
  asking: Asking<boolean>;
};

export function AskSwitch({ label, isOn, locked, asking }: AskSwitchProps) {
  return (
    <button
      type="button"
      className="switch"
      role="switch"
      aria-checked={isOn}
      aria-label={label}
      aria-busy={asking.state.phase === 'asked'}
      title={locked}
      disabled={locked !== undefined}
      data-phase={asking.state.phase}
      onClick={() => void asking.ask(!isOn)}
    />
  );
}
