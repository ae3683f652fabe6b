import { readFileSync } from 'node:fs';

/** The release, from package.json, which lies beside the source and the build alike. */
export const VERSION: string = (
  JSON.parse(readFileSync(new URL('../package.json', import.meta.url), 'utf8')) as { version: string }
).version;
