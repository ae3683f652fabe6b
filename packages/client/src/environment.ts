// What the environment says about a client, under the names that `openai` reads.

import type { ClientOptions } from './options.ts';

/** The options that the environment sets. */
export function readEnvironment(): ClientOptions {
  return {
    apiKey: readVariable('OPENAI_API_KEY'),
    baseURL: readVariable('OPENAI_BASE_URL'),
    organization: readVariable('OPENAI_ORG_ID'),
    project: readVariable('OPENAI_PROJECT_ID'),
  };
}

/** Browsers have no `process`; a Workers runtime has one that may be empty; Deno throws where it has no permission. */
export function readVariable(name: string): string | undefined {
  const { process } = globalThis as { process?: { env?: Record<string, string | undefined> } };
  try {
    return process?.env?.[name]?.trim() || undefined;
  } catch {
    return undefined;
  }
}
