/** How the list of devices is filtered and divided. */

import type { Device } from './queries';

export type Filter = 'all' | 'away' | 'shared';
export type SectionName = 'online' | 'unknown' | 'away';
export type Section = { name: SectionName; devices: Device[] };

const ORDER: readonly SectionName[] = ['online', 'unknown', 'away'];

export const sectionOf = (device: Device): SectionName =>
  device.online === undefined ? 'unknown' : device.online ? 'online' : 'away';

export const isShared = (device: Device): boolean => device.role !== 'owner';

export const FILTERS: Record<Filter, (device: Device) => boolean> = {
  all: () => true,
  away: (device) => sectionOf(device) === 'away',
  shared: isShared,
};

/** Find devices by a part of their name or id, without regard to case and accents. */
export function matches(device: Device, search: string): boolean {
  const wanted = plain(search.trim());
  return plain(device.devicename).includes(wanted) || plain(device.deviceid).includes(wanted);
}

export function sections(devices: readonly Device[], filter: Filter, search: string): Section[] {
  const shown = devices.filter((device) => FILTERS[filter](device) && matches(device, search));
  return ORDER.map((name) => ({
    name,
    devices: shown
      .filter((device) => sectionOf(device) === name)
      .sort((one, other) => one.devicename.localeCompare(other.devicename)),
  })).filter((section) => section.devices.length > 0);
}

const plain = (text: string) => text.normalize('NFD').replace(/\p{M}/gu, '').toLowerCase();
