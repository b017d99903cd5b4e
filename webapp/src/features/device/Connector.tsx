import { type KeyboardEvent, useEffect, useRef } from 'react';
import { useT } from '../../i18n/i18n';
import type { Finger } from './fingers';

type ConnectorProps = {
  fingers: readonly Finger[];
  /** Whether it is known which ports are free. */
  isKnown: boolean;
  selected: string;
  onSelect: (port: string) => void;
};

const STEPS: Record<string, (index: number, last: number) => number> = {
  ArrowRight: (index, last) => (index === last ? 0 : index + 1),
  ArrowLeft: (index, last) => (index === 0 ? last : index - 1),
  Home: () => 0,
  End: (_, last) => last,
};

/** The board as the list of its ports: each finger opens its port, arrow keys move along. */
export function Connector({ fingers, isKnown, selected, onSelect }: ConnectorProps) {
  const t = useT();
  const row = useRef<HTMLDivElement>(null);
  // biome-ignore lint/correctness/useExhaustiveDependencies: the finger that was chosen comes into view
  useEffect(() => {
    row.current?.querySelector('[aria-selected="true"]')?.scrollIntoView?.({ inline: 'nearest', block: 'nearest' });
  }, [selected]);
  const move = (event: KeyboardEvent) => {
    const step = STEPS[event.key];
    if (!step) return;
    event.preventDefault();
    const index = step(
      fingers.findIndex(({ port }) => port.id === selected),
      fingers.length - 1,
    );
    onSelect(fingers[index]!.port.id);
    row.current?.querySelectorAll('button')[index]?.focus();
  };
  return (
    <section className="card board" aria-label={t('device.board')}>
      <div className="connector" role="tablist" aria-label={t('device.ports')} ref={row} onKeyDown={move}>
        {fingers.map(({ port, hue, text }) => (
          <button
            key={port.id}
            type="button"
            role="tab"
            id={`tab-${port.id}`}
            aria-selected={port.id === selected}
            aria-controls="port"
            tabIndex={port.id === selected ? 0 : -1}
            className={`finger ${port.isFirst ? 'first' : ''} ${hue ? 'used' : ''}`}
            style={hue ? ({ '--hue': hue } as React.CSSProperties) : undefined}
            onClick={() => onSelect(port.id)}
          >
            <span className="at">{text}</span>
            <span className="pin" />
            <span className="label">
              {port.label}
              {isKnown && !hue && <span className="visually-hidden">, {t('device.free')}</span>}
            </span>
          </button>
        ))}
      </div>
    </section>
  );
}
