// Replies that are lost, doubled or late, on purpose: for tests of a server that must bear them.

/** Decide for each reply what happens to it. Probabilities are from 0 to 1 and independent of each other. */
export class Faults {
  constructor({drop = 0, duplicate = 0, delay = 0, delaySeconds = 0} = {}, random = Math.random) {
    Object.assign(this, {drop, duplicate, delay, delaySeconds, random});
  }

  /** Tell after how many seconds each copy of the next reply goes out; empty when it is lost. */
  deliveries() {
    const [isDropped, isDoubled, isDelayed] = [this.drop, this.duplicate, this.delay].map((share) => this.random() < share);
    if (isDropped) return [];
    return Array(isDoubled ? 2 : 1).fill(isDelayed ? this.delaySeconds : 0);
  }
}
