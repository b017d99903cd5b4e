// The board, held to the recorded conversations that the Python device is held to as well.

import assert from 'node:assert/strict';
import {readFileSync, readdirSync} from 'node:fs';
import test from 'node:test';
import {Board} from '../src/board.js';
import {TrustedKeys} from '../src/images.js';
import {randomFrom} from '../src/random.js';

const FOLDER = new URL('../../../../tests/events/device/', import.meta.url);

const camelCase = (name) => name.replace(/_(.)/g, (_, letter) => letter.toUpperCase());

/** A board on a bench: acts on it step by step, with a clock that only the steps move. */
class Bench {
  constructor(options) {
    const named = Object.fromEntries(Object.entries(options).map(([name, value]) => [camelCase(name), value]));
    if (named.firmwareKeys) named.firmwareKeys = new TrustedKeys(named.firmwareKeys);
    this.board = new Board(named, randomFrom(1));
    this.now = 1000;
  }

  boot() {
    this.act({connect: true});
    this.act({wait: this.board.options.bootSeconds});
    this.act({subscribed: true});
    this.act({receive: 'rcv_configuration', payload: {}});
  }

  act(step) {
    const {board} = this;
    if ('receive' in step) {
      return board.receive(step.receive, Buffer.from(step.text ?? JSON.stringify(step.payload)), this.now);
    }
    if ('connect' in step) return board.connect(this.now);
    if ('subscribed' in step) return board.subscribeDone(this.now);
    if ('disconnect' in step) return board.disconnect(this.now);
    if ('type' in step) return board.typeLine(step.type, this.now);
    if ('pin' in step) return board.putPin(...step.pin, this.now);
    if ('put' in step) return board.putValue(...step.put, this.now);
    if ('wait' in step) return this.wait(step.wait);
    if ('downloaded' in step) {
      const {location, content_length: length, base64} = step.downloaded;
      return board.downloadDone(location, length, Buffer.from(base64, 'base64'), this.now);
    }
    return board.downloadFailed(step.download_failed.location, step.download_failed.reason, this.now);
  }

  wait(seconds) {
    const end = this.now + seconds + 1e-9;
    const effects = [];
    while (this.board.nextDue !== null && this.board.nextDue <= end) {
      this.now = Math.max(this.board.nextDue, this.now);
      effects.push(...this.board.advance(this.now));
    }
    this.now = end;
    return effects;
  }
}

const files = readdirSync(FOLDER).filter((name) => name.endsWith('.json')).sort();

test('there are conversations', () => assert.ok(files.length >= 20));

for (const file of files) {
  const conversation = JSON.parse(readFileSync(new URL(file, FOLDER), 'utf8'));
  test(`${file}: ${conversation.about}`, () => {
    const bench = new Bench(conversation.options ?? {});
    if (conversation.booted) bench.boot();
    conversation.steps.forEach((step, index) => {
      const effects = bench.act(step);
      const at = `step ${index + 1}: ${JSON.stringify(step)}`;
      assert.deepEqual(effects.filter(([kind]) => kind !== 'say'), step.expect ?? [], at);
      const said = effects.filter(([kind]) => kind === 'say').map(([, text]) => text).join('\n');
      let position = 0;
      for (const text of step.says ?? []) {
        position = said.indexOf(text, position);
        assert.ok(position >= 0, `${at}: ${text} is not said, or not in order, in ${said}`);
      }
    });
  });
}
