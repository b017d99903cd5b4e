import { collect, must, type Schemas } from '@iotcloud/client';
import { useQuery } from '@tanstack/react-query';
import { keys } from '../../api/keys';
import { POLL_MS } from '../../live/polling';
import { api } from '../../session/session';

/** A device with its ports in use and its latest values. */
export type Device = Schemas['DeviceGlance'];
export type Glance = Schemas['SensorGlance'];

/** All devices of the caller at a glance, shared ones too. */
export function useDevices() {
  return useQuery({
    queryKey: keys.overview,
    queryFn: () =>
      collect(
        (cursor) => must(api.GET('/devices/overview', { params: { query: { cursor } } })),
        (page) => page.devices,
      ),
    refetchInterval: POLL_MS,
  });
}
