/** How the list of devices is filtered and divided. */

import type { Device } from './queries';

export type Filter = 'all' | 'attention' | 'away' | 'shared';
export type SectionName = 'attention' | 'online' | 'unknown' | 'away';
export type Section = { name: SectionName; devices: Device[] };

const ORDER: readonly SectionName[] = ['attention', 'online', 'unknown', 'away'];

export type Connection = 'online' | 'away' | 'unknown';

export const connectionOf = (device: Device): Connection =>
  device.online === undefined ? 'unknown' : device.online ? 'online' : 'away';

/** What a device is listed under: an alarm comes before all else. */
export const sectionOf = (device: Device): SectionName => (device.alarm ? 'attention' : connectionOf(device));

export const isShared = (device: Device): boolean => device.role !== 'owner';

export const FILTERS: Record<Filter, (device: Device) => boolean> = {
  all: () => true,
  attention: (device) => device.alarm,
  away: (device) => connectionOf(device) === 'away',
  shared: isShared,
};

/** Find devices by a part of their name or id, or of their sensors, without regard to case and accents. */
export function matches(device: Device, search: string): boolean {
  const wanted = plain(search.trim());
  const texts = [device.devicename, device.deviceid, ...device.sensors.flatMap((one) => [one.sensorname, one.class])];
  return texts.some((text) => plain(text).includes(wanted));
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
