/** What a caught value says. Anything can be thrown; nearly always it is an Error. */
export function readErrorMessage(error: unknown): string {
  // Node's, of a host whose addresses were all tried, says nothing itself.
  if (error instanceof AggregateError && error.message === '') {
    return error.errors.map(readErrorMessage).join('; ');
  }
  return error instanceof Error ? error.message : String(error);
}
