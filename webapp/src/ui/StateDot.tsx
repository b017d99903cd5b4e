export type DeviceState = 'live' | 'online' | 'away' | 'unknown' | 'warn' | 'alarm';

/** The state of a device as a shape; the words stand beside it. */
export function StateDot({ state }: { state: DeviceState }) {
  return <span className={`dot ${state === 'online' ? '' : state}`} aria-hidden="true" />;
}
