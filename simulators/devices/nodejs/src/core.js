// What the parts of a board share: the instant, the timers, chance, and the effects that are wanted so far.
//
// An effect is a list: ['reply', api, payload], ['publish', api, payload], ['subscribe'], ['restart'],
// ['download', location] or ['say', text]. The board decides, the device carries out.

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

  /** Call `action` once, in so many seconds; at most one timer has a name. */
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

  /** Remove and return the action that has been due the longest; null when none is due. */
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
