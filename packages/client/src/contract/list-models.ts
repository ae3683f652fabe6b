// listModels: GET /v1/models, and retrieveModel: GET /v1/models/{model}

/**
 * A model that the server offers.
 *
 * @see https://platform.openai.com/docs/api-reference/models/object
 */
export interface Model {
  /** The name to send as a request's `model`. May hold `/` and `:`, to be percent-encoded in a path. */
  id: string;
  /** Tells what this is. */
  object: 'model';
  /** When the model was made, in Unix seconds. */
  created: number;
  /** The organisation that owns the model. */
  owned_by: string;
  /** The day on which the model goes, as `YYYY-MM-DD`. Null or absent while none is announced. */
  shutdown_date?: string | null;
}

/** All models that the server offers, in one page without a cursor. */
export interface ModelList {
  /** Tells a list from a single object. */
  object: 'list';
  /** The models, in no promised order. */
  data: Model[];
}
