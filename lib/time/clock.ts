/** Domain code never calls `new Date()`: it is given a clock, so that tests choose the instant. */
export type Clock = { now(): Date };

export const systemClock: Clock = { now: () => new Date() };
