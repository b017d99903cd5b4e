/** Operations of ports. Each asks the device, and the cache changes when it has answered. */

import { must } from '@iotcloud/client';
import { useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { keys } from '../../api/keys';
import { api } from '../../session/session';
import { type Asking, useAsk } from '../../ui/Ask';

export function useEnableGpio(devicename: string, number: number): Asking<boolean> {
  const queries = useQueryClient();
  const question = useCallback(
    async (isOn: boolean) => {
      await must(
        api.POST('/devices/device/{devicename}/gpio/{number}/enable', {
          params: { path: { devicename, number: String(number) } },
          body: { enable: isOn ? 1 : 0 },
        }),
      );
      await queries.refetchQueries({ queryKey: keys.device(devicename, 'gpios') });
    },
    [devicename, number, queries],
  );
  return useAsk(question);
}

export function useEnableUart(devicename: string): Asking<boolean> {
  const queries = useQueryClient();
  const question = useCallback(
    async (isOn: boolean) => {
      await must(
        api.POST('/devices/device/{devicename}/uart/enable', {
          params: { path: { devicename } },
          body: { enable: isOn ? 1 : 0 },
        }),
      );
      await queries.refetchQueries({ queryKey: keys.device(devicename, 'uarts') });
    },
    [devicename, queries],
  );
  return useAsk(question);
}
