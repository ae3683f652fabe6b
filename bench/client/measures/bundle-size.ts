// What a page loads for an import. The client's entries and their limits are those that its tests hold.

import { measureBundle } from '../../../packages/client/test/bundle.ts';
import { BUNDLE_LIMITS, type BundleLimit } from '../../../packages/client/test/size-limits.ts';
import { formatLimit, type Table } from '../table.ts';

type Entry = Omit<BundleLimit, 'gzipBytes'> & Partial<BundleLimit>;

/** What is needed to create completions, plain and streaming: less cannot be imported. */
const PEERS: readonly Entry[] = [
  { name: '`openai`', source: "export { default } from 'openai'" },
  {
    name: 'xsai',
    source:
      "export { generateText } from '@xsai/generate-text'; export { streamText } from '@xsai/stream-text'",
  },
  {
    name: 'AI SDK',
    source:
      "export { generateText, streamText } from 'ai'; export { createOpenAICompatible } from '@ai-sdk/openai-compatible'",
  },
];

export async function measureBundleSize(): Promise<Table> {
  const entries: readonly Entry[] = [...BUNDLE_LIMITS, ...PEERS];
  const rows = entries.map(async ({ name, source, gzipBytes: limit, goalBytes: most = limit }) => {
    const { minifiedBytes, gzipBytes } = await measureBundle(source, import.meta.dirname);
    const verdict = most === undefined ? '' : formatLimit(gzipBytes / 1000, most / 1000, 'kB');
    return [name, formatKb(minifiedBytes), formatKb(gzipBytes), verdict];
  });
  return {
    title: 'Bundles, made by esbuild',
    head: ['', 'minified', 'gzip', 'must be'],
    rows: await Promise.all(rows),
  };
}

function formatKb(bytes: number): string {
  return `${(bytes / 1000).toFixed(1)} kB`;
}
