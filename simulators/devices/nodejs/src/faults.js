// Lost, duplicated and late replies, to test how a server handles them.

/** Decides the fault of each reply. Probabilities are from 0 to 1 and independent of each other. */
export class Faults {
  constructor({drop = 0, duplicate = 0, delay = 0, delaySeconds = 0} = {}, random = Math.random) {
    Object.assign(this, {drop, duplicate, delay, delaySeconds, random});
  }

  /** Return the delay in seconds of each copy of the next reply; empty if it is lost. */
  deliveries() {
    const [isDropped, isDoubled, isDelayed] = [this.drop, this.duplicate, this.delay].map((share) => this.random() < share);
    if (isDropped) return [];
    return Array(isDoubled ? 2 : 1).fill(isDelayed ? this.delaySeconds : 0);
  }
}
