import type { Config, RetentionRule, StorePolicy, UpstreamConfig } from '../config/config.ts';
import { describeStore } from '../storage/open-storage.ts';
import { VERSION } from '../version.ts';

const KEEPS: Readonly<Record<StorePolicy, string>> = {
  requested: 'completions sent with "store": true',
  always: 'every completion',
  never: 'nothing',
};

/** What a person wants to know when the server has started: where it is, what it talks to, and what to do next. */
export function welcome(url: string, config: Config): string {
  const { upstreams, storePolicy, retain, allowedOrigins } = config;
  const model = pickModel(upstreams);
  const body = { model, store: true, messages: [{ role: 'user', content: 'Men are all alike.' }] };
  return `
Colloquy ${VERSION} serves ${url}, for this machine only.

  base URL   ${url}/v1
${describeUpstreams(upstreams)}
  keeps      ${KEEPS[storePolicy]}${describeRetention(retain)}
  data       ${describeStore(config)}
${describePages(allowedOrigins)}
Ask, then see what was kept:

  curl ${url}/v1/chat/completions -H 'content-type: application/json' \\
    -d '${JSON.stringify(body)}'
  curl ${url}/v1/chat/completions

With any openai SDK, set the base URL: new OpenAI({ baseURL: '${url}/v1', apiKey: 'none' })
${upstreams.length === 0 ? 'For models of your own: --upstream http://127.0.0.1:11434/v1, or --help for more.\n' : ''}`;
}

function describeRetention(rules: readonly RetentionRule[]): string {
  const [{ keepMs } = { keepMs: Infinity }, ...others] = rules;
  const isForAll =
    others.length === 0 && rules.every(({ project, metadata }) => !project && isEmpty(metadata));
  if (!isForAll) return ', as long as the rules of `retain` say';
  const hours = keepMs / 3_600_000;
  if (hours === Infinity) return '';
  return hours % 24 === 0 ? `, for ${hours / 24} days` : `, for ${hours} hours`;
}

function isEmpty(map: object): boolean {
  return Object.keys(map).length === 0;
}

function describePages(allowedOrigins: readonly string[]): string {
  return allowedOrigins.length === 0
    ? ''
    : `  pages      of this machine, and of ${allowedOrigins.join(', ')}\n`;
}

function describeUpstreams(upstreams: readonly UpstreamConfig[]): string {
  if (upstreams.length === 0) {
    return '  upstream   none: the demo model "eliza" answers, a program of 1966 and no language model';
  }
  return upstreams
    .map(({ baseURL, models, keyEnv, keyFile, credentials }) => {
      const source = keyEnv ?? keyFile;
      const ownKey = source === undefined ? 'no key' : `key from ${source}`;
      const key = credentials === 'caller' ? "its caller's key" : ownKey;
      return `  upstream   ${baseURL} for ${models.join(', ')} (${key})`;
    })
    .join('\n');
}

/** A name that can be sent as it stands, if the patterns hold one. */
function pickModel(upstreams: readonly UpstreamConfig[]): string {
  if (upstreams.length === 0) return 'eliza';
  return upstreams.flatMap(({ models }) => models).find((model) => !model.includes('*')) ?? 'MODEL';
}
