import { collect, must, type Schemas } from '@iotcloud/client';
import { useQuery } from '@tanstack/react-query';
import { keys } from '../../api/keys';
import { POLL_MS } from '../../live/polling';
import { api } from '../../session/session';

export type Device = Schemas['DeviceRecord'];

/** All devices of the caller, shared ones too. */
export function useDevices() {
  return useQuery({
    queryKey: keys.devices,
    queryFn: () =>
      collect(
        (cursor) => must(api.GET('/devices', { params: { query: { cursor } } })),
        (page) => page.devices,
      ),
    refetchInterval: POLL_MS,
  });
}
