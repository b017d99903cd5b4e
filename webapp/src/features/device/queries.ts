/** What is known of one device. What only the device knows is asked of it while it is connected. */

import { must, type Schemas } from '@iotcloud/client';
import { useQueries, useQuery } from '@tanstack/react-query';
import { keys } from '../../api/keys';
import { BUSES, type Bus } from '../../board/ports';
import { POLL_MS } from '../../live/polling';
import { api } from '../../session/session';

export type Device = Schemas['DeviceRecord'];
export type Sensor = Schemas['SensorRecord'];
export type Charted = Schemas['SensorWithDataset'];
export type Pin = Schemas['PinReport'];

const at = (devicename: string) => ({ params: { path: { devicename } } });

export function useDevice(devicename: string) {
  return useQuery({
    queryKey: keys.device(devicename),
    queryFn: async () => (await must(api.GET('/devices/device/{devicename}', at(devicename)))).device,
    refetchInterval: POLL_MS,
  });
}

export function useUarts(devicename: string, isReachable: boolean) {
  return useQuery({
    queryKey: keys.device(devicename, 'uarts'),
    queryFn: async () => (await must(api.GET('/devices/device/{devicename}/uarts', at(devicename)))).value.uarts,
    enabled: isReachable,
    staleTime: 60_000,
  });
}

export function useGpios(devicename: string, isReachable: boolean) {
  return useQuery({
    queryKey: keys.device(devicename, 'gpios'),
    queryFn: async () => (await must(api.GET('/devices/device/{devicename}/gpios', at(devicename)))).value,
    enabled: isReachable,
    refetchInterval: POLL_MS,
  });
}

/** The sensors of all buses, each with what the device last said of it. */
export function useSensors(devicename: string) {
  return useQueries({
    queries: BUSES.map((bus) => ({
      queryKey: keys.device(devicename, 'sensors', bus),
      queryFn: () => sensorsOf(devicename, bus),
      staleTime: 30_000,
    })),
    combine: (results) => ({
      sensors: results.flatMap((result) => result.data ?? []),
      isPending: results.some((result) => result.isPending),
      error: results.find((result) => result.error)?.error ?? null,
    }),
  });
}

async function sensorsOf(devicename: string, bus: Bus): Promise<Sensor[]> {
  const path = `/devices/device/{devicename}/${bus}/sensors` as const;
  return (await must(api.GET(path, at(devicename)))).sensors;
}

/** The newest readings of all enabled inputs, with their times. */
export function useReadings(devicename: string) {
  return useQuery({
    queryKey: keys.device(devicename, 'readings'),
    queryFn: async () =>
      (await must(api.GET('/devices/device/{devicename}/sensors/readings/dataset', at(devicename)))).sensors,
    refetchInterval: POLL_MS,
  });
}
