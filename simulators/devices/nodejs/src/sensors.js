// The buses and the sensors on them: properties, switches, readings, and outputs that follow other devices' sensors.

import {SENSOR_CLASSES, SUBCLASS, script, walk} from './models.js';
import {follow, manual} from './outputs.js';
import {MalformedRequest, entries, integer, isObject, members, number, own, text} from './payloads.js';

/** A new kind of bus is a new row. */
const BUSES = [
  {name: 'i2c', slots: 4, isAddressed: true},
  {name: 'adc', slots: 2, isAddressed: false},
  {name: '1wire', slots: 1, isAddressed: false},
  {name: 'tprobe', slots: 1, isAddressed: false},
];
const HIGHEST_ADC_VOLTAGE = 2;
const NOT_ATTRIBUTES = ['number', 'class', 'subclass', 'address'];

/** All sensors of all buses, by their names: `adc1`, `i2c1@40`. */
export class Sensors {
  constructor(core, scripts) {
    this.core = core;
    this.scripts = scripts;
    this.fixed = new Map();
    this.powerOn();
  }

  powerOn() {
    this.adcVoltage = 0;
    this.forget();
  }

  forget() {
    this.sensors = new Map();
    this.models = new Map();
  }

  configure(configuration) {
    for (const bus of BUSES) {
      entries(configuration[bus.name]).slice(0, bus.slots).forEach((slot, index) => {
        for (const entry of bus.isAddressed ? entries(slot) : [slot]) {
          if (isObject(entry) && 'attributes' in entry) this.configureOne(bus, index + 1, entry);
        }
      });
    }
  }

  configureOne(bus, slotNumber, entry) {
    try {
      const sensor = this.set(bus, {...entry, number: slotNumber}, members(entry, 'attributes'));
      this.switch(sensor, entry.enabled === 1);
    } catch (error) {
      if (!(error instanceof MalformedRequest)) throw error;
      this.core.say(`configuration of ${bus.name}${slotNumber} skipped: ${error.message}`);
    }
  }

  get handlers() {
    const table = {
      get_devs: () => ({value: this.bySlot((sensors) => sensors.map(summary))}),
      get_adc_voltage: () => ({value: {voltage: this.adcVoltage}}),
      set_adc_voltage: (request) => {
        this.adcVoltage = integer(request, 'voltage', 0, HIGHEST_ADC_VOLTAGE);
        return {};
      },
    };
    for (const bus of BUSES) Object.assign(table, this.handlersOf(bus));
    return table;
  }

  handlersOf(bus) {
    return {
      [`get_${bus.name}_devs`]: (request) => {
        const slot = `${bus.name}${integer(request, 'number', 1, bus.slots)}`;
        return {value: this.inSlot(slot).map(summary)};
      },
      [`get_${bus.name}_dev_prop`]: (request) => {
        const sensor = this.sensors.get(place(bus, request).name);
        if (sensor) return {value: sensor.attributes};
        return bus.isAddressed ? {} : {value: {}};
      },
      [`set_${bus.name}_dev_prop`]: (request) => {
        const attributes = Object.entries(request).filter(([name]) => !NOT_ATTRIBUTES.includes(name));
        this.set(bus, request, Object.fromEntries(attributes));
        return {};
      },
      [`enable_${bus.name}_dev`]: (request) => {
        const sensor = this.sensors.get(place(bus, request).name);
        const isEnabled = integer(request, 'enable', 0, 1) === 1;
        if (sensor) this.switch(sensor, isEnabled);
        return {};
      },
    };
  }

  /** Read all enabled inputs; null if there are none. */
  reading() {
    const slots = this.bySlot((sensors) => sensors.filter(isPublishing).map((sensor) => this.measure(sensor)));
    return Object.keys(slots).length ? {sensors: slots} : null;
  }

  /** Fix the value of a sensor, named as in scripts; null ends that. */
  put(sensor, value) {
    if (value === null) this.fixed.delete(sensor);
    else this.fixed.set(sensor, value);
  }

  /** Update enabled outputs that follow a sensor of another device. */
  receiveReading(payload) {
    const [forwarded] = entries(payload.sensors);
    if (!isObject(forwarded)) throw new MalformedRequest('sensors is empty');
    for (const {origin, value} of forwardedValues(forwarded)) {
      for (const sensor of this.sensors.values()) {
        if (!sensor.isEnabled) continue;
        for (const shown of follow(sensor.class, sensor.attributes, origin, value)) this.core.say(`${sensor.name} ${shown}`);
      }
    }
  }

  inSlot(slot) {
    return [...this.sensors.values()].filter((sensor) => sensor.slot === slot);
  }

  bySlot(content) {
    const slots = {};
    for (const bus of BUSES) {
      for (let slotNumber = 1; slotNumber <= bus.slots; slotNumber++) {
        const found = content(this.inSlot(`${bus.name}${slotNumber}`));
        if (found.length) slots[`${bus.name}${slotNumber}`] = found;
      }
    }
    return slots;
  }

  set(bus, request, attributes) {
    const sensor = {
      ...place(bus, request),
      class: integer(request, 'class', 0, 255),
      subclass: 'subclass' in request ? integer(request, 'subclass', 0, 255) : null,
      attributes,
      isEnabled: false,
    };
    this.sensors.set(sensor.name, sensor);
    this.models.delete(sensor.name);
    this.models.delete(sensor.name + SUBCLASS);
    return sensor;
  }

  switch(sensor, isEnabled) {
    sensor.isEnabled = isEnabled;
    const shown = isEnabled ? manual(sensor.class, sensor.attributes) : null;
    if (shown !== null) this.core.say(`${sensor.name} ${shown}`);
  }

  measure(sensor) {
    const reading = sensor.address === null ? {} : {address: sensor.address};
    reading.value = this.value(sensor.name, sensor.class, sensor.attributes);
    reading.class = sensor.class;
    if (SENSOR_CLASSES.has(sensor.subclass)) {
      const attributes = members(sensor.attributes, 'subattributes');
      reading.subclass = {value: this.value(sensor.name + SUBCLASS, sensor.subclass, attributes), class: sensor.subclass};
    }
    return reading;
  }

  value(name, sensorClass, attributes) {
    if (this.fixed.has(name)) return this.fixed.get(name);
    if (!this.models.has(name)) {
      const values = own(this.scripts, name);
      this.models.set(name, values ? script(values) : walk(SENSOR_CLASSES.get(sensorClass), attributes, this.core.random));
    }
    return this.models.get(name)();
  }
}

const isPublishing = (sensor) => sensor.isEnabled && SENSOR_CLASSES.get(sensor.class)?.type === 'input';

const summary = (sensor) => ({
  class: sensor.class, enabled: Number(sensor.isEnabled), ...(sensor.address === null ? {} : {address: sensor.address}),
});

function place(bus, request) {
  const address = bus.isAddressed ? integer(request, 'address', 1, 255) : null;
  const slot = `${bus.name}${integer(request, 'number', 1, bus.slots)}`;
  return {slot, address, name: address === null ? slot : `${slot}@${address}`};
}

/** Split a forwarded reading into its one or two values, each with its source. */
function forwardedValues(forwarded) {
  const [devicename, peripheral, sensorname] = ['devicename', 'peripheral', 'sensorname'].map((name) => text(forwarded, name));
  const parts = 'subclass' in forwarded ? [forwarded, members(forwarded, 'subclass')] : [forwarded];
  return parts.map((part) => ({
    origin: {devicename, peripheral, sensorname, attribute: text(part, 'attribute')},
    value: number(part, 'value'),
  }));
}
