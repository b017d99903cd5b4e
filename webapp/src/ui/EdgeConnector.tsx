import { PORTS } from '../board/ports';
import { useT } from '../i18n/i18n';

/** What is on a port: the CSS colour that it is drawn in. Ports that are not named are free. */
export type UsedPorts = Readonly<Record<string, string>>;

/** The connector of the board as one row of fingers: what a device is, at a glance. */
export function EdgeConnector({ used, isAway = false }: { used: UsedPorts; isAway?: boolean }) {
  const t = useT();
  const labels = PORTS.filter((port) => used[port.id]).map((port) => port.label);
  return (
    <div
      className={`edge ${isAway ? 'away' : ''}`}
      role="img"
      aria-label={labels.length ? t('edge.used', { ports: labels.join(', ') }) : t('edge.none')}
    >
      {PORTS.map((port) => (
        <i
          key={port.id}
          className={port.isFirst ? 'first' : undefined}
          data-used={used[port.id] ? '' : undefined}
          style={used[port.id] ? ({ '--hue': used[port.id] } as React.CSSProperties) : undefined}
        />
      ))}
    </div>
  );
}
