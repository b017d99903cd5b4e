/** Operations of ports. Each asks the device, and the cache changes when it has answered. */

import { must, type Schemas } from '@iotcloud/client';
import { useQuery, useQueryClient } from '@tanstack/react-query';
import { useCallback } from 'react';
import { keys } from '../../api/keys';
import type { Properties } from '../../board/fields';
import { api } from '../../session/session';
import { type Asking, useAsk } from '../../ui/Ask';

export function useEnableGpio(devicename: string, number: number): Asking<boolean> {
  const queries = useQueryClient();
  const question = useCallback(
    async (isOn: boolean) => {
      await must(
        api.POST('/devices/device/{devicename}/gpio/{number}/enable', {
          params: { path: { devicename, number } },
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

export function useUartProperties(devicename: string, isReachable: boolean) {
  return useQuery({
    queryKey: keys.device(devicename, 'uart', 'properties'),
    queryFn: async () =>
      (await must(api.GET('/devices/device/{devicename}/uart/properties', { params: { path: { devicename } } })))
        .value as unknown as Properties,
    enabled: isReachable,
    staleTime: 5 * 60_000,
  });
}

export function useSetUartProperties(devicename: string): Asking<Properties> {
  const queries = useQueryClient();
  return useAsk(
    useCallback(
      async (properties: Properties) => {
        await must(
          api.POST('/devices/device/{devicename}/uart/properties', {
            params: { path: { devicename } },
            body: properties as unknown as Schemas['SetUartProperties'],
          }),
        );
        await queries.invalidateQueries({ queryKey: keys.device(devicename, 'uart') });
        await queries.invalidateQueries({ queryKey: keys.device(devicename, 'uarts') });
      },
      [devicename, queries],
    ),
  );
}

export function useGpioProperties(devicename: string, number: number, isReachable: boolean) {
  return useQuery({
    queryKey: keys.device(devicename, 'gpio', number, 'properties'),
    queryFn: async () =>
      (
        await must(
          api.GET('/devices/device/{devicename}/gpio/{number}/properties', {
            params: { path: { devicename, number } },
          }),
        )
      ).value as unknown as Properties,
    enabled: isReachable,
    staleTime: 5 * 60_000,
  });
}

export function useSetGpioProperties(devicename: string, number: number): Asking<Properties> {
  const queries = useQueryClient();
  return useAsk(
    useCallback(
      async (properties: Properties) => {
        await must(
          api.POST('/devices/device/{devicename}/gpio/{number}/properties', {
            params: { path: { devicename, number } },
            body: properties as unknown as Schemas['SetGpioProperties'],
          }),
        );
        await queries.invalidateQueries({ queryKey: keys.device(devicename, 'gpio', number) });
        await queries.refetchQueries({ queryKey: keys.device(devicename, 'gpios') });
      },
      [devicename, number, queries],
    ),
  );
}

export function useSetGpioVoltage(devicename: string): Asking<number> {
  const queries = useQueryClient();
  return useAsk(
    useCallback(
      async (voltage: number) => {
        await must(
          api.POST('/devices/device/{devicename}/gpio/voltage', {
            params: { path: { devicename } },
            body: { voltage: voltage as Schemas['SetGpioVoltage']['voltage'] },
          }),
        );
        await queries.refetchQueries({ queryKey: keys.device(devicename, 'gpios') });
      },
      [devicename, queries],
    ),
  );
}

export function useAdcVoltage(devicename: string, isReachable: boolean) {
  return useQuery({
    queryKey: keys.device(devicename, 'adc', 'voltage'),
    queryFn: async () =>
      (await must(api.GET('/devices/device/{devicename}/adc/voltage', { params: { path: { devicename } } }))).value
        .voltage,
    enabled: isReachable,
    staleTime: 5 * 60_000,
  });
}

export function useSetAdcVoltage(devicename: string): Asking<number> {
  const queries = useQueryClient();
  return useAsk(
    useCallback(
      async (voltage: number) => {
        await must(
          api.POST('/devices/device/{devicename}/adc/voltage', {
            params: { path: { devicename } },
            body: { voltage: voltage as Schemas['SetAdcVoltage']['voltage'] },
          }),
        );
        await queries.refetchQueries({ queryKey: keys.device(devicename, 'adc', 'voltage') });
      },
      [devicename, queries],
    ),
  );
}
