// Outputs: lights, displays and speakers, set by hand or following another device's sensor.

import {members, own} from './payloads.js';

const SPEAKER = 0;
const DISPLAY = 1;
const LIGHT = 2;
/** `endpoint`: the value comes from another device's sensor. */
const FOLLOWS = 1;
const AS_ONE_COLOUR = 0;
const COMPONENT_BITS = {red: 16, green: 8, blue: 0};
const DISPLAY_FORMATS = [
  (value) => (value & 0xff).toString(16).toUpperCase().padStart(2, '0'),
  (value) => String(modulo(value, 100)),
  (value) => (modulo(value, 100) / 10).toFixed(1),
];

/** Return what an output shows when it is enabled; null if it has no manual value. */
export function manual(sensorClass, attributes) {
  if (sensorClass === LIGHT) {
    const colour = members(attributes, 'color');
    if ((own(colour, 'usage') ?? AS_ONE_COLOUR) === AS_ONE_COLOUR) {
      return `light: colour ${rgb(byHand(members(colour, 'single')))}`;
    }
    const mixed = Object.entries(COMPONENT_BITS).reduce(
      (sum, [name, bits]) => sum + ((byHand(members(colour, 'individual', name)) & 0xff) << bits), 0,
    );
    return `light: colour ${rgb(mixed)}`;
  }
  if (sensorClass === DISPLAY) return `display: ${own(attributes, 'text') ?? ''}`;
  if (sensorClass === SPEAKER) {
    const values = members(attributes, 'values');
    return `speaker: pitch ${values.pitch} for ${values.duration} ms`;
  }
  return null;
}

/** Return the change of an output when a sensor's value arrives; none unless it follows that sensor. */
export function follow(sensorClass, attributes, origin, value) {
  const whole = Math.trunc(value);
  if (sensorClass === LIGHT) {
    const colour = members(attributes, 'color');
    if ((own(colour, 'usage') ?? AS_ONE_COLOUR) === AS_ONE_COLOUR) {
      return follows(members(colour, 'single'), origin) ? [`light: colour ${rgb(whole)}`] : [];
    }
    return Object.keys(COMPONENT_BITS)
      .filter((name) => follows(members(colour, 'individual', name), origin))
      .map((name) => `light: ${name} ${whole & 0xff}`);
  }
  if (sensorClass === DISPLAY && follows(attributes, origin)) {
    const chosen = own(attributes, 'format');
    const shape = (Number.isInteger(chosen) && DISPLAY_FORMATS[chosen]) || DISPLAY_FORMATS[0];
    return [`display: ${shape(whole)}`];
  }
  return [];
}

const modulo = (value, divisor) => ((value % divisor) + divisor) % divisor;

const byHand = (endpoint) => (Number.isInteger(endpoint.manual) ? endpoint.manual : 0);

const rgb = (colour) => `#${(colour & 0xffffff).toString(16).toUpperCase().padStart(6, '0')}`;

function follows(endpoint, origin) {
  const hardware = members(endpoint, 'hardware');
  return own(endpoint, 'endpoint') === FOLLOWS && Object.entries(origin).every(([name, part]) => own(hardware, name) === part);
}
