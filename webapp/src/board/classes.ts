/** The sensor classes, as data: what they are drawn with. `peripherals/model.py` SENSOR_CLASSES; a test compares the two. */

import {
  BatteryMedium,
  CircleGauge,
  CircleHelp,
  Droplets,
  Lightbulb,
  type LucideIcon,
  Monitor,
  Thermometer,
  Volume2,
  Waves,
  Wind,
} from 'lucide-react';

export type ClassView = {
  /** The name of the colour in `theme/tokens.css`. */
  hue: string;
  icon: LucideIcon;
  isInput: boolean;
  line: 'smooth' | 'step';
  /** A limit to begin with, in the unit of the catalogue. */
  usual?: number;
};

export const CLASSES = {
  speaker: { hue: 'speaker', icon: Volume2, isInput: false, line: 'step' },
  display: { hue: 'display', icon: Monitor, isInput: false, line: 'step' },
  light: { hue: 'light', icon: Lightbulb, isInput: false, line: 'step' },
  potentiometer: { hue: 'potentiometer', icon: CircleGauge, isInput: true, line: 'step', usual: 200 },
  temperature: { hue: 'temperature', icon: Thermometer, isInput: true, line: 'smooth', usual: 30 },
  humidity: { hue: 'humidity', icon: Droplets, isInput: true, line: 'smooth', usual: 70 },
  anemometer: { hue: 'anemometer', icon: Wind, isInput: true, line: 'smooth', usual: 10 },
  battery: { hue: 'battery', icon: BatteryMedium, isInput: true, line: 'smooth', usual: 3300 },
  fluid: { hue: 'fluid', icon: Waves, isInput: true, line: 'smooth', usual: 500 },
} as const satisfies Record<string, ClassView>;

export type SensorClass = keyof typeof CLASSES;

const UNKNOWN: ClassView = { hue: 'unknown', icon: CircleHelp, isInput: true, line: 'smooth' };

/** How a class is drawn; a class of a newer platform gets the neutral row. */
export const classView = (name: string | undefined): ClassView =>
  (CLASSES as Record<string, ClassView>)[name ?? ''] ?? UNKNOWN;

export const isKnownClass = (name: string): name is SensorClass => name in CLASSES;

export const hueOf = (name: string | undefined): string => `var(--${classView(name).hue})`;

/** Units of the catalogue, as they are shown. */
const UNITS: Record<string, { text: string; digits: number }> = {
  C: { text: '°C', digits: 1 },
  '%': { text: '%', digits: 0 },
  'm/s': { text: 'm/s', digits: 1 },
  mV: { text: 'mV', digits: 0 },
  ml: { text: 'ml', digits: 0 },
  '': { text: '', digits: 0 },
};

export const unitOf = (unit: string | undefined): { text: string; digits: number } =>
  UNITS[unit ?? ''] ?? { text: unit ?? '', digits: 2 };
