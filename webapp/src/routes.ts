/** One table of pages: path, what it is loaded from, and to which tab it belongs. */

import { type ComponentType, type LazyExoticComponent, lazy } from 'react';

export type Tab = 'devices' | 'boards' | 'notices' | 'map' | 'account';
export type Route = { path: string; tab: Tab; page: LazyExoticComponent<ComponentType> };

export const ROUTES: readonly Route[] = [
  { path: '/devices', tab: 'devices', page: lazy(() => import('./features/devices/DevicesPage')) },
  { path: '/add', tab: 'devices', page: lazy(() => import('./features/enrolment/AddDevicePage')) },
  { path: '/devices/:devicename', tab: 'devices', page: lazy(() => import('./features/device/DevicePage')) },
];

/** Pages for those who are not signed in. */
export const ACCESS_ROUTES: readonly Omit<Route, 'tab'>[] = [
  { path: '/sign-in', page: lazy(() => import('./features/access/SignInPage')) },
  { path: '/sign-up', page: lazy(() => import('./features/access/SignUpPage')) },
  { path: '/forgotten', page: lazy(() => import('./features/access/ForgottenPage')) },
];

export const devicePath = (devicename: string): string => `/devices/${encodeURIComponent(devicename)}`;
