/** What stands around all pages: the rail of large screens, the tabs of small ones. */

import { Bell, CircleUserRound, Cpu, LayoutDashboard, type LucideIcon, Map as MapIcon } from 'lucide-react';
import type { ReactNode } from 'react';
import { matchPath, NavLink, useLocation } from 'react-router-dom';
import { type MessageId, useT } from './i18n/i18n';
import { LivePill } from './live/LivePill';
import { ROUTES, type Tab } from './routes';

const TABS: { tab: Tab; path: string; icon: LucideIcon; label: MessageId }[] = [
  { tab: 'devices', path: '/devices', icon: Cpu, label: 'shell.devices' },
  { tab: 'boards', path: '/boards', icon: LayoutDashboard, label: 'shell.boards' },
  { tab: 'notices', path: '/notices', icon: Bell, label: 'shell.notices' },
  { tab: 'map', path: '/map', icon: MapIcon, label: 'shell.map' },
  { tab: 'account', path: '/account', icon: CircleUserRound, label: 'shell.account' },
];

/** A tab is shown when a page of it exists. */
const SHOWN = TABS.filter(({ path }) => ROUTES.some((route) => route.path === path));

export function Brand() {
  return (
    <div className="brand">
      <svg viewBox="0 0 26 26" aria-hidden="true">
        <rect x="1" y="1" width="24" height="24" rx="7" fill="var(--ink)" />
        <path
          d="M6 15.5h3.2l2-6 3.2 10 2.4-7 1.2 3H20"
          fill="none"
          stroke="var(--paper)"
          strokeWidth="1.9"
          strokeLinecap="round"
          strokeLinejoin="round"
        />
      </svg>
      iotcloud
    </div>
  );
}

function Links() {
  const t = useT();
  const { pathname } = useLocation();
  const current = ROUTES.find(({ path }) => matchPath(path, pathname))?.tab;
  return SHOWN.map(({ tab, path, icon: Icon, label }) => (
    <NavLink key={tab} to={path} aria-current={tab === current ? 'page' : undefined}>
      <Icon aria-hidden="true" strokeWidth={1.75} />
      <span>{t(label)}</span>
    </NavLink>
  ));
}

export function Shell({ children }: { children: ReactNode }) {
  const t = useT();
  return (
    <div className="shell">
      <a className="skip" href="#content">
        {t('shell.skip')}
      </a>
      <nav className="rail" aria-label={t('shell.main')}>
        <Brand />
        <Links />
        <div className="foot">
          <LivePill />
        </div>
      </nav>
      <div className="stage">{children}</div>
      <nav
        className="tabs"
        aria-label={t('shell.main')}
        style={{ gridTemplateColumns: `repeat(${SHOWN.length}, 1fr)` }}
      >
        <Links />
      </nav>
    </div>
  );
}
