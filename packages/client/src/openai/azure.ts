// Azure's deployments of OpenAI's models: another address, another header for the key, and a version in each URL.

import { readVariable } from '../environment.ts';
import { ColloquyError } from '../errors.ts';
import { dropUndefined, listHeaders, platformFetch } from '../options.ts';
import { OpenAI, type ClientOptions } from './openai.ts';

/** What `new AzureOpenAI(…)` takes. */
export interface AzureClientOptions extends Omit<ClientOptions, 'apiKey'> {
  /** `https://NAME.openai.azure.com`; instead of `baseURL`. Environment: `AZURE_OPENAI_ENDPOINT`. */
  readonly endpoint?: string | undefined;
  /** Sent as `api-version` with each request: `2024-10-21`. Environment: `OPENAI_API_VERSION`. */
  readonly apiVersion?: string | undefined;
  /** The deployment that answers every call. Default: the one named like the `model` of the request. */
  readonly deployment?: string | undefined;
  /** Sent as the header `api-key`. Environment: `AZURE_OPENAI_API_KEY`. */
  readonly apiKey?: string | null | undefined;
  /** Asked for a token of Microsoft Entra before each attempt; instead of `apiKey`. */
  readonly azureADTokenProvider?: (() => Promise<string>) | undefined;
}

/**
 * The client for Azure's own addresses. Throws `ColloquyError` if it is not told the version, the endpoint, or one of
 * a key and where to get a token. Redirects are not followed: a key should not travel on.
 */
export class AzureOpenAI extends OpenAI {
  readonly #given: AzureClientOptions;

  constructor(options: AzureClientOptions = {}) {
    super(toOptions(options));
    this.#given = options;
  }

  /** Another client like this one, but for these options. Throws as the constructor does. */
  override withOptions(options: AzureClientOptions): this {
    const Client = this.constructor as new (options: AzureClientOptions) => this;
    return new Client({ ...this.#given, ...dropUndefined(options) });
  }
}

function toOptions({
  endpoint,
  apiVersion = readVariable('OPENAI_API_VERSION'),
  deployment,
  azureADTokenProvider,
  apiKey,
  baseURL = readBaseURL(endpoint),
  fetch = platformFetch,
  ...options
}: AzureClientOptions): ClientOptions {
  const key = apiKey ?? (azureADTokenProvider ? undefined : readVariable('AZURE_OPENAI_API_KEY'));
  if (!apiVersion) {
    throw new ColloquyError(
      'apiVersion is missing: give it, or set OPENAI_API_VERSION; it looks like 2024-10-21',
    );
  }
  if (!key && !azureADTokenProvider) {
    throw new ColloquyError(
      'apiKey is missing: give it, or azureADTokenProvider, or set AZURE_OPENAI_API_KEY',
    );
  }
  if (key && azureADTokenProvider) {
    throw new ColloquyError('apiKey and azureADTokenProvider exclude each other: give one of them');
  }
  return {
    ...options,
    baseURL,
    apiKey: azureADTokenProvider ?? null,
    defaultHeaders: [['api-key', key], ...listHeaders(options.defaultHeaders)],
    defaultQuery: { ...options.defaultQuery, 'api-version': apiVersion },
    fetchOptions: { redirect: 'manual', ...options.fetchOptions },
    fetch: (input, init) =>
      fetch(typeof input === 'string' ? toDeployment(input, init, deployment) : input, init),
  };
}

function readBaseURL(given: string | undefined): string {
  const endpoint = given ?? readVariable('AZURE_OPENAI_ENDPOINT');
  if (!endpoint) {
    throw new ColloquyError(
      'endpoint is missing: give it, or baseURL, or set AZURE_OPENAI_ENDPOINT; it looks like https://NAME.openai.azure.com',
    );
  }
  return `${endpoint.replace(/\/+$/, '')}/openai`;
}

/** Where a completion is created there: at the deployment, which Azure names in the path. */
function toDeployment(url: string, init: RequestInit | undefined, deployment: string | undefined): string {
  if (init?.method !== 'POST' || typeof init.body !== 'string' || url.includes('/deployments/')) return url;
  const { model } = JSON.parse(init.body) as { model?: unknown };
  const name = deployment ?? (typeof model === 'string' ? model : undefined);
  if (name === undefined) return url;
  return url.replace(
    /\/chat\/completions(?=\?)/,
    `/deployments/${encodeURIComponent(name)}/chat/completions`,
  );
}
