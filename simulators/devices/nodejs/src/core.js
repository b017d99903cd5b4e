// Shared context of a board's parts: the time, the timers, the random source, and the effects so far.
//
// An effect is a list: ['reply', api, payload], ['publish', api, payload], ['subscribe'], ['restart'],
// ['download', location] or ['say', text]. The board returns effects, the device executes them.

export class Core {
  constructor(random) {
    this.random = random;
    this.now = 0;
    this.effects = [];
    this.timers = new Map();
  }

  do(...effect) {
    this.effects.push(effect);
  }

  say(text) {
    this.do('say', text);
  }

  publish(api, payload) {
    this.do('publish', api, payload);
  }

  /** Call `action` once, after some seconds; there is at most one timer per name. */
  after(seconds, name, action) {
    this.timers.set(name, {due: this.now + seconds, action});
  }

  cancel(name) {
    this.timers.delete(name);
  }

  cancelAll() {
    this.timers.clear();
  }

  get nextDue() {
    let earliest = null;
    for (const {due} of this.timers.values()) if (earliest === null || due < earliest) earliest = due;
    return earliest;
  }

  /** Remove and return the action with the earliest due time; null if none is due. */
  takeDue(now) {
    let first = null;
    for (const [name, {due}] of this.timers) {
      if (due <= now && (first === null || due < this.timers.get(first).due)) first = name;
    }
    if (first === null) return null;
    const {action} = this.timers.get(first);
    this.timers.delete(first);
    return action;
  }

  takeEffects() {
    const effects = this.effects;
    this.effects = [];
    return effects;
  }
}
