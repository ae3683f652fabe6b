/**
 * Tokens spent on a request, over all of its choices.
 *
 * Details are counted within the totals above them; servers other than OpenAI leave out or null what they do
 * not count, and some keep reasoning tokens out of `completion_tokens` but in `total_tokens`.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/object#chat/object-usage
 */
export interface CompletionUsage {
  /** Tokens in the messages, tools and schemas of the request. */
  prompt_tokens: number;
  /** Tokens that the model wrote, reasoning included. */
  completion_tokens: number;
  /** Usually the sum of the other two. */
  total_tokens: number;
  /** What `prompt_tokens` consists of. */
  prompt_tokens_details?: CompletionUsage.PromptTokensDetails | null;
  /** What `completion_tokens` consists of. */
  completion_tokens_details?: CompletionUsage.CompletionTokensDetails | null;
}

/** The details of {@link CompletionUsage}. */
export declare namespace CompletionUsage {
  /** What the prompt's tokens are. */
  interface PromptTokensDetails {
    /** Read from the prompt cache. */
    cached_tokens?: number;
    /** Written to the prompt cache. */
    cache_write_tokens?: number;
    /** Sound. */
    audio_tokens?: number;
    /** Images. */
    image_tokens?: number;
    /** Text. */
    text_tokens?: number;
  }

  /** What the completion's tokens are. */
  interface CompletionTokensDetails {
    /** Thought before the answer; not shown, but paid for. */
    reasoning_tokens?: number;
    /** Sound. */
    audio_tokens?: number;
    /** Text. */
    text_tokens?: number;
    /** Taken over from the request's `prediction`. */
    accepted_prediction_tokens?: number;
    /** Part of the request's `prediction` but not of the answer; paid for all the same. */
    rejected_prediction_tokens?: number;
  }
}
