/** The ports of the board, in its order, as data: `peripherals/model.py` PERIPHERALS and BUSES. A test compares the two. */

export const PERIPHERALS = [
  { source: 'uart', slots: 1, holds: 'settings', isAddressed: false },
  { source: 'gpio', slots: 4, holds: 'pin', isAddressed: false },
  { source: 'i2c', slots: 4, holds: 'sensors', isAddressed: true },
  { source: 'adc', slots: 2, holds: 'sensors', isAddressed: false },
  { source: '1wire', slots: 1, holds: 'sensors', isAddressed: false },
  { source: 'tprobe', slots: 1, holds: 'sensors', isAddressed: false },
] as const;

export type Source = (typeof PERIPHERALS)[number]['source'];
export type Bus = Exclude<Source, 'uart' | 'gpio'>;
export const BUSES = ['i2c', 'adc', '1wire', 'tprobe'] as const satisfies readonly Bus[];

const NAMES: Record<Source, string> = {
  uart: 'UART',
  gpio: 'GPIO',
  i2c: 'I2C',
  adc: 'ADC',
  '1wire': '1-Wire',
  tprobe: 'TPROBE',
};

export type Port = {
  /** As in a URL and in messages: `i2c2`, `uart`. */
  id: string;
  source: Source;
  number: number;
  holds: (typeof PERIPHERALS)[number]['holds'];
  isAddressed: boolean;
  /** What is printed beside it: `I2C 2`, `UART`. The same in every language. */
  label: string;
  /** Whether a gap stands before it. */
  isFirst: boolean;
};

export const PORTS: readonly Port[] = PERIPHERALS.flatMap(({ source, slots, holds, isAddressed }) =>
  Array.from({ length: slots }, (_, index) => ({
    id: source === 'uart' ? source : `${source}${index + 1}`,
    source,
    number: index + 1,
    holds,
    isAddressed,
    label: slots === 1 ? NAMES[source] : `${NAMES[source]} ${index + 1}`,
    isFirst: index === 0 && source !== 'uart',
  })),
);

export const portOf = (id: string | null): Port | undefined => PORTS.find((port) => port.id === id);
export const isBus = (source: string): source is Bus => (BUSES as readonly string[]).includes(source);
