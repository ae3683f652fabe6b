import { ApiError } from '../api-error.ts';

export function modelNotFound(model: string): ApiError {
  return new ApiError(
    'model_not_found',
    `The model '${model}' is not served here; GET /v1/models lists those that are.`,
    {
      param: 'model',
    },
  );
}
