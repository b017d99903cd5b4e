import { Link } from 'react-router-dom';
import { useT } from '../../i18n/i18n';
import { devicePath } from '../../routes';
import { Age, timeOf, useAge } from '../../ui/Age';
import { StateDot } from '../../ui/StateDot';
import type { Device } from './queries';
import { isShared, sectionOf } from './sections';

export function DeviceCard({ device }: { device: Device }) {
  const t = useT();
  const section = sectionOf(device);
  const age = useAge(timeOf(device.disconnected_at ?? device.heartbeat));
  const isKnown = device.heartbeat !== undefined || device.disconnected_at !== undefined;
  return (
    <article className={`card device ${section}`}>
      <div className="top">
        <StateDot state={section === 'online' ? 'live' : section} />
        <Link to={devicePath(device.devicename)}>{device.devicename}</Link>
        <span className="when">
          {isShared(device) && `${t('devices.sharedBy')} · `}
          {section === 'online' && <Age at={timeOf(device.heartbeat)} />}
        </span>
      </div>
      {section !== 'online' && (
        <p className="why muted">{isKnown ? t('devices.awaySince', { age }) : t('devices.neverSeen')}</p>
      )}
    </article>
  );
}
