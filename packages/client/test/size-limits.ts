// How much the client may weigh. Tests hold it to this, and `bench/` prints it.

export interface BundleLimit {
  readonly name: string;
  /** A module that imports no more than the name says. */
  readonly source: string;
  /** The most that it may have after minifying and gzip. */
  readonly gzipBytes: number;
  /** Where that shall come down to, if it has not yet. */
  readonly goalBytes?: number;
}

export const BUNDLE_LIMITS: readonly BundleLimit[] = [
  {
    name: '`createChatCompletion`, plain and streaming',
    source: "export { createChatCompletion } from '@colloquy/client'",
    gzipBytes: 3700,
    goalBytes: 3000,
  },
  {
    name: '`Colloquy`: all six operations',
    source: "export { Colloquy } from '@colloquy/client'",
    gzipBytes: 5000,
  },
  {
    name: '`@colloquy/client/helpers`: the class with `stream`, `parse` and `runTools`',
    source: "export { Colloquy } from '@colloquy/client/helpers'",
    gzipBytes: 12_600,
    goalBytes: 9000,
  },
  {
    name: '`@colloquy/client/openai`: all there is',
    source: "export { default } from '@colloquy/client/openai'",
    gzipBytes: 13_400,
    goalBytes: 9000,
  },
];

/** Of all files of the package together, as npm unpacks them. */
export const UNPACKED_KIB_LIMIT = 250;
