/** How often what is on the screen is asked for while nothing tells of changes. */

export const POLL_SECONDS = 10;
export const POLL_MS = POLL_SECONDS * 1000;
