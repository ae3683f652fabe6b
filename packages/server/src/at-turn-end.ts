let due: Array<() => void> = [];

/**
 * Runs when the event loop has handed out all that had arrived.
 *
 * A write wakes a reader who sleeps, and that costs more than the write itself. Where there is something to send on
 * several connections, the first of the writes wakes him, and he is still awake for the others. One alone waits for
 * nothing.
 */
export function atTurnEnd(run: () => void): void {
  // Immediates follow what arrived.
  if (due.push(run) === 1) setImmediate(runAll);
}

function runAll(): void {
  const runs = due;
  due = [];
  for (const run of runs) run();
}
