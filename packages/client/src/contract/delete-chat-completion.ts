// deleteChatCompletion: DELETE /v1/chat/completions/{completion_id}

/**
 * The marker of a deletion. From then on the other stored operations answer 404 for that id, and so does a
 * second delete.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/delete
 */
export interface ChatCompletionDeleted {
  /** Tells the marker from a completion. */
  object: 'chat.completion.deleted';
  /** What was deleted. */
  id: string;
  /** Always true: a failure is an error status. */
  deleted: boolean;
}
