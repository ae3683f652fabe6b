import type { Model } from '../contract/list-models.ts';
import type { ClientOptions, RequestOptions } from '../options.ts';
import { requestPage, type PagePromise } from '../page.ts';

/**
 * Lists the models that the server offers, in one page. Iterate the result, or await it and read its `data`.
 *
 * @see https://platform.openai.com/docs/api-reference/models/list
 */
export function listModels(options: ClientOptions, requestOptions?: RequestOptions): PagePromise<Model> {
  return requestPage(options, '/models', {}, requestOptions);
}
