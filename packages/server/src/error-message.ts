/** What a caught value says. Anything can be thrown; nearly always it is an Error. */
export function readErrorMessage(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
