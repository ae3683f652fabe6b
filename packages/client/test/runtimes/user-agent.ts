/** What the runtime calls itself, so that a test knows that it ran on the right one. */
export function userAgent(): string {
  const { navigator, process } = globalThis as {
    navigator?: { userAgent: string };
    process?: { versions: { node?: string } };
  };
  // Node has a navigator since 21.
  return navigator?.userAgent ?? `Node.js/${process?.versions.node ?? 'unknown'}`;
}
