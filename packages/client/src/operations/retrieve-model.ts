import type { APIPromise } from '../api-promise.ts';
import type { Model } from '../contract/list-models.ts';
import type { ClientOptions, RequestOptions } from '../options.ts';
import { encodePathParameter, requestJson } from '../request.ts';

/**
 * Gets one model by its name. Throws `NotFoundError` if the server does not offer it.
 *
 * @see https://platform.openai.com/docs/api-reference/models/retrieve
 */
export function retrieveModel(
  options: ClientOptions,
  model: string,
  requestOptions?: RequestOptions,
): APIPromise<Model> {
  return requestJson(
    options,
    { method: 'GET', path: `/models/${encodePathParameter(model)}` },
    requestOptions,
  );
}
