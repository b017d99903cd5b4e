#!/usr/bin/env node
// Run one simulated device until SIGINT or SIGTERM.

import {createInterface} from 'node:readline';
import {Board} from './src/board.js';
import {UsageError, parseCommandLine, usage} from './src/commandLine.js';
import {Console} from './src/console.js';
import {Device} from './src/device.js';
import {Faults} from './src/faults.js';
import {Link, LinkError} from './src/link.js';
import {randomFrom} from './src/random.js';

function run(settings) {
  const {endpoint, mqtt, qualities, firmware} = settings;
  const console = new Console(settings.logLevel);
  const device = new Device({
    deviceid: endpoint.deviceid,
    board: new Board(settings.board, randomFrom(settings.seed)),
    console,
    makeLink: (events) => new Link(endpoint, mqtt, events),
    faults: new Faults(settings.faults, randomFrom(settings.seed)),
    qualities,
    firmware,
  });
  console.say(`connecting to ${endpoint.host}:${endpoint.port} with MQTT ${mqtt}; Ctrl-C stops`);
  device.start();
  createInterface({input: process.stdin}).on('line', (line) => device.typeLine(line));
  for (const signal of ['SIGINT', 'SIGTERM']) {
    process.on(signal, async () => {
      await device.stop();
      process.exit(0);
    });
  }
}

try {
  const settings = parseCommandLine(process.argv.slice(2));
  if (settings.help) process.stdout.write(usage());
  else run(settings);
} catch (error) {
  if (!(error instanceof LinkError || error instanceof UsageError)) throw error;
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 2;
}
