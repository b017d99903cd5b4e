// The options of a simulated device: the same as those of the Python one.

import {readFileSync} from 'node:fs';
import {parseArgs} from 'node:util';
import {TrustedKeys} from './images.js';
import {readScripts} from './models.js';
import {decoded} from './payloads.js';
import {MISBEHAVIOURS} from './secureUpdates.js';

const OPTIONS = {
  host: {type: 'string', default: '127.0.0.1', help: 'MQTT server'},
  port: {type: 'string', default: '8883', help: 'its TLS port'},
  ca: {type: 'string', needed: true, help: "PEM file of the CA that signed the server's certificate"},
  cert: {type: 'string', needed: true, help: "PEM file of the device's certificate"},
  key: {type: 'string', needed: true, help: "PEM file of the device's private key"},
  'device-id': {type: 'string', needed: true, help: 'device id: the MQTT client id and the head of its topics'},
  mqtt: {type: 'string', default: '5', choices: ['5', '3.1.1'], help: 'MQTT version'},
  'reply-qos': {type: 'string', default: '0', choices: ['0', '1'], help: 'of replies'},
  'event-qos': {type: 'string', default: '1', choices: ['0', '1'], help: 'of all else'},
  version: {type: 'string', default: '0.1', help: 'firmware version that it reports'},
  'boot-seconds': {type: 'string', default: '1', help: 'from connecting to subscribing'},
  sensorrate: {type: 'string', default: '5', help: 'seconds between readings'},
  'readings-per-message': {type: 'string', default: '1', help: 'more than 1: collect readings'},
  'no-configuration': {type: 'boolean', default: false, help: 'do not ask the server for the configuration; run at once'},
  'delete-configuration': {type: 'boolean', default: false, help: 'at boot have the server forget what it stored'},
  configuration: {type: 'string', help: 'JSON file that the server stores at boot'},
  values: {type: 'string', help: "CSV or JSON file with sensors' values"},
  'firmware-url': {type: 'string', help: 'update by HTTPS from here, not by MQTT'},
  'firmware-ca': {type: 'string', help: 'PEM file of the CA to trust there'},
  'chunk-bytes': {type: 'string', default: '128', help: 'of an update by MQTT'},
  'firmware-keys': {type: 'string', help: 'JSON file with the keys that sign firmware: check, try, go back'},
  model: {type: 'string', default: 'ft900', help: 'what the server is told that it is'},
  'contact-seconds': {type: 'string', default: '60', help: 'for a new image, until the board goes back'},
  misbehave: {type: 'string', default: '', choices: MISBEHAVIOURS, help: 'in an update, with --firmware-keys'},
  seed: {type: 'string', help: 'make everything random repeatable'},
  drop: {type: 'string', default: '0', help: 'probability to lose a reply'},
  duplicate: {type: 'string', default: '0', help: 'probability to send a reply twice'},
  delay: {type: 'string', default: '0:0', help: 'PROBABILITY:SECONDS to send a reply late'},
  counter: {type: 'boolean', default: false, help: 'count the status replies in value.counter'},
  'log-level': {type: 'string', default: 'info', choices: ['debug', 'info', 'warning', 'error'], help: 'what is shown'},
  help: {type: 'boolean', default: false, help: 'this list'},
};

/** The command line is invalid; the message has the reason. */
export class UsageError extends Error {}

/** Show all options. */
export function usage() {
  const lines = Object.entries(OPTIONS).map(([name, {help, default: value, needed}]) => {
    const note = needed ? ' (needed)' : typeof value === 'string' ? ` (default: ${value})` : '';
    return `  --${name.padEnd(21)} ${help}${note}`;
  });
  return [
    'usage: node main.js --ca FILE --cert FILE --key FILE --device-id ID [options]', '', ...lines, '',
    'Type at its console: ATH lists the commands of its serial port; \'gpio 2 high\' sets a pin,',
    '\'value i2c1@40 131\' a sensor\'s value, \'value i2c1@40 free\' lets it wander again.', '',
  ].join('\n');
}

/** Parse the command line; throws UsageError. */
export function parseCommandLine(args) {
  const values = parsed(args);
  if (values.help) return {help: true};
  for (const [name, {needed, choices}] of Object.entries(OPTIONS)) {
    if (needed && !values[name]) throw new UsageError(`--${name} is needed`);
    if (choices && !choices.includes(values[name])) throw new UsageError(`--${name} is one of ${choices.join(', ')}`);
  }
  const [delay, delaySeconds, ...rest] = values.delay.split(':');
  if (delaySeconds === undefined || rest.length) throw new UsageError('--delay is PROBABILITY:SECONDS, e.g. 0.05:2.0');
  return {
    endpoint: {
      host: values.host, port: within('port', values.port, 1, 65535),
      ca: values.ca, cert: values.cert, key: values.key, deviceid: values['device-id'],
    },
    mqtt: values.mqtt,
    qualities: {replies: Number(values['reply-qos']), events: Number(values['event-qos'])},
    seed: values.seed === undefined ? undefined : within('seed', values.seed, 0, 2 ** 32),
    logLevel: values['log-level'],
    faults: {
      drop: within('drop', values.drop, 0, 1),
      duplicate: within('duplicate', values.duplicate, 0, 1),
      delay: within('delay', delay, 0, 1),
      delaySeconds: within('delay', delaySeconds, 0, 3600),
    },
    firmware: values['firmware-url'] === undefined ? null : {baseUrl: values['firmware-url'], ca: values['firmware-ca']},
    board: {
      version: values.version,
      bootSeconds: within('boot-seconds', values['boot-seconds'], 0, 3600),
      sensorrateSeconds: within('sensorrate', values.sensorrate, 1, 86400),
      readingsPerMessage: within('readings-per-message', values['readings-per-message'], 1, 500),
      asksConfiguration: !values['no-configuration'],
      deletesConfiguration: values['delete-configuration'],
      configuration: values.configuration === undefined ? null : fromFile('configuration', values.configuration, readObject),
      countsStatusReplies: values.counter,
      updatesByHttps: values['firmware-url'] !== undefined,
      chunkBytes: within('chunk-bytes', values['chunk-bytes'], 1, 131072),
      firmwareKeys: values['firmware-keys'] === undefined ? null : fromFile('firmware-keys', values['firmware-keys'], readKeys),
      model: values.model,
      misbehaviour: values.misbehave,
      contactSeconds: within('contact-seconds', values['contact-seconds'], 0, 3600),
      scripts: values.values === undefined ? {} : fromFile('values', values.values, readScripts),
    },
  };
}

function parsed(args) {
  const options = Object.fromEntries(
    Object.entries(OPTIONS).map(([name, {type, default: value}]) => [name, value === undefined ? {type} : {type, default: value}]),
  );
  try {
    return parseArgs({args, options, strict: true}).values;
  } catch (error) {
    throw new UsageError(error.message);
  }
}

function within(name, text, lowest, highest) {
  const value = Number(text);
  if (text === '' || !(value >= lowest && value <= highest)) {
    throw new UsageError(`--${name}: ${text} is not from ${lowest} to ${highest}`);
  }
  return value;
}

function fromFile(name, path, read) {
  try {
    return read(path);
  } catch (error) {
    throw new UsageError(`--${name}: ${error.message}`);
  }
}

const readKeys = (path) => new TrustedKeys(JSON.parse(readFileSync(path, 'utf8')));
const readObject = (path) => decoded(readFileSync(path));
