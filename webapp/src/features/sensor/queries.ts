/** Operations of sensors. The four buses have the same paths, so that one function serves them all. */

import { collect, must } from '@iotcloud/client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { keys } from '../../api/keys';
import { intervalOf, type Span } from '../../board/course';
import type { Properties } from '../../board/fields';
import type { Bus } from '../../board/ports';
import { POLL_MS } from '../../live/polling';
import { api } from '../../session/session';
import { type Asking, useAsk } from '../../ui/Ask';
import type { Sensor } from '../device/queries';

const MOST_RAW_POINTS = 4000;

export type SensorPlace = { devicename: string; bus: Bus; number: number; sensorname: string };

export const placeOf = (devicename: string, sensor: Sensor): SensorPlace => ({
  devicename,
  bus: sensor.source as Bus,
  number: Number(sensor.number),
  sensorname: sensor.sensorname,
});

const sensorPath = <B extends Bus>(bus: B) =>
  `/devices/device/{devicename}/${bus}/{number}/sensors/sensor/{sensorname}` as const;
const pathOf = ({ devicename, number, sensorname }: SensorPlace) => ({ devicename, number, sensorname });
const keyOf = ({ devicename, bus, number, sensorname }: SensorPlace, ...rest: unknown[]) =>
  keys.device(devicename, 'sensor', bus, number, sensorname, ...rest);
const timeZone = () => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** The points of a span. A span that ends now is asked again while it is shown. */
export function useSeries(place: SensorPlace, span: Span, isLive: boolean) {
  const interval = intervalOf(span);
  const path = `${sensorPath(place.bus)}/readings/series` as const;
  return useQuery({
    queryKey: keyOf(place, 'series', Math.round(span.from / 10), Math.round(span.to / 10), isLive),
    queryFn: () => {
      const shift = isLive ? Date.now() / 1000 - span.to : 0;
      const query = {
        datebegin: Math.floor(span.from + shift),
        dateend: Math.ceil(span.to + shift),
        timezone: timeZone(),
        ...(interval ? { interval } : {}),
      };
      return collect(
        (cursor) => must(api.GET(path, { params: { path: pathOf(place), query: { ...query, cursor } } })),
        (page) => page.points,
        MOST_RAW_POINTS,
      );
    },
    refetchInterval: isLive ? POLL_MS : false,
    placeholderData: (before) => before,
  });
}

/** A file of exactly what the chart shows. */
export async function exportSeries(place: SensorPlace, span: Span): Promise<Blob> {
  const path = `${sensorPath(place.bus)}/readings/series/export` as const;
  const interval = intervalOf(span);
  const query = {
    format: 'csv' as const,
    datebegin: Math.floor(span.from),
    dateend: Math.ceil(span.to),
    timezone: timeZone(),
    ...(interval ? { interval } : {}),
  };
  const text = await must(api.GET(path, { params: { path: pathOf(place), query }, parseAs: 'text' }));
  return new Blob([text as string], { type: 'text/csv' });
}

export function useEnableSensor(place: SensorPlace): Asking<boolean> {
  const queries = useQueryClient();
  const { devicename, bus, number, sensorname } = place;
  return useAsk(
    useCallback(
      async (isOn: boolean) => {
        const path = `${sensorPath(bus)}/enable` as const;
        await must(
          api.POST(path, { params: { path: { devicename, number, sensorname } }, body: { enable: isOn ? 1 : 0 } }),
        );
        await queries.refetchQueries({ queryKey: keys.device(devicename, 'sensors', bus) });
      },
      [devicename, bus, number, sensorname, queries],
    ),
  );
}

export async function deleteSensor(place: SensorPlace): Promise<void> {
  await must(api.DELETE(sensorPath(place.bus), { params: { path: pathOf(place) } }));
}

export async function deleteReadings(place: SensorPlace): Promise<void> {
  const path = `${sensorPath(place.bus)}/readings` as const;
  await must(api.DELETE(path, { params: { path: pathOf(place) } }));
}

/** What the device holds for the sensor, and who is told. */
export function useProperties(place: SensorPlace, isReachable: boolean) {
  const path = `${sensorPath(place.bus)}/properties` as const;
  return useQuery({
    queryKey: keyOf(place, 'properties'),
    queryFn: async () =>
      ((await must(api.GET(path, { params: { path: pathOf(place) } }))).value ?? {}) as unknown as Properties,
    enabled: isReachable,
    staleTime: 5 * 60_000,
  });
}

export function useSetProperties(place: SensorPlace): Asking<Properties> {
  const queries = useQueryClient();
  const { devicename, bus, number, sensorname } = place;
  return useAsk(
    useCallback(
      async (properties: Properties) => {
        const path = `${sensorPath(bus)}/properties` as const;
        // The description tells the classes apart by a member that is not sent.
        await must(api.POST(path, { params: { path: { devicename, number, sensorname } }, body: properties as never }));
        queries.setQueryData(keyOf({ devicename, bus, number, sensorname }, 'properties'), properties);
        await queries.refetchQueries({ queryKey: keys.device(devicename, 'sensors', bus) });
      },
      [devicename, bus, number, sensorname, queries],
    ),
  );
}

/** What properties would have told over stored readings. Nothing is saved or sent. */
export function backtest(place: SensorPlace, properties: Properties, span: Span) {
  const path = `${sensorPath(place.bus)}/readings/rehearsal` as const;
  const query = { datebegin: Math.floor(span.from), dateend: Math.ceil(span.to) };
  return collect(
    (cursor) =>
      must(api.POST(path, { params: { path: pathOf(place), query: { ...query, cursor } }, body: properties as never })),
    (page) => page.triggers,
    1000,
  );
}
