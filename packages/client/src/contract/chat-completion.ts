import type { CompletionUsage } from './completion-usage.ts';
import type { Metadata } from './metadata.ts';
import type { OpenEnum } from './open-enum.ts';
import type { ServiceTier } from './service-tier.ts';
import type { ChatCompletionMessageToolCall } from './tools.ts';

/**
 * A model's whole answer to a request.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/object
 */
export interface ChatCompletion {
  /** Names this completion in the stored operations. Has no fixed shape, and some servers repeat ids. */
  id: string;
  /** Tells a completion from a chunk. */
  object: 'chat.completion';
  /** When the completion was made, in Unix seconds. */
  created: number;
  /** The model that answered; often a dated snapshot of the one that was asked for. */
  model: string;
  /** The answers, as many as the request's `n`. */
  choices: ChatCompletion.Choice[];
  /** Tokens spent. OpenAI always counts them, other servers may not. */
  usage?: CompletionUsage;
  /** The tier that did the work, which need not be the one asked for: `fast` comes back as `priority`. */
  service_tier?: ServiceTier | null;
  /** The labels sent with the request. Guaranteed on a stored completion only. */
  metadata?: Metadata | null;
  /** Verdicts on request and answer. Present if the request asked for `moderation`. */
  moderation?: ChatCompletion.Moderation | null;
  /**
   * The backend's configuration; a change of it may change what a `seed` gives.
   *
   * @deprecated By OpenAI, without replacement.
   */
  system_fingerprint?: string | null;
}

/** What {@link ChatCompletion} holds. */
export declare namespace ChatCompletion {
  /** One answer. */
  interface Choice {
    /** Its place among the request's `n` answers, from 0. */
    index: number;
    /** Why the model stopped. */
    finish_reason: ChatCompletionFinishReason;
    /** The answer itself. */
    message: ChatCompletionMessage;
    /** How likely each token was. Null unless the request asked for `logprobs`. */
    logprobs: Choice.Logprobs | null;
  }

  /** What {@link ChatCompletion.Choice} holds. */
  namespace Choice {
    /** The tokens of an answer with their probabilities. */
    interface Logprobs {
      /** The tokens of the message's `content`. */
      content: ChatCompletionTokenLogprob[] | null;
      /** The tokens of the message's `refusal`. */
      refusal: ChatCompletionTokenLogprob[] | null;
    }
  }

  /** Verdicts of a moderation model. */
  interface Moderation {
    /** On the request's messages. */
    input: Moderation.ModerationResults | Moderation.Error;
    /** On the answer. */
    output: Moderation.ModerationResults | Moderation.Error;
  }

  /** What {@link ChatCompletion.Moderation} holds. */
  namespace Moderation {
    /** The moderation model has judged. */
    interface ModerationResults {
      /** Tells verdicts from an error. */
      type: 'moderation_results';
      /** The moderation model that judged. */
      model: string;
      /** The verdicts. */
      results: ModerationResults.Result[];
    }

    /** What {@link ChatCompletion.Moderation.ModerationResults} holds. */
    namespace ModerationResults {
      /** One verdict; its maps are keyed by category, such as `violence`. */
      interface Result {
        /** Tells what this is. */
        type: 'moderation_result';
        /** The moderation model that judged. */
        model: string;
        /** Whether any category applies. */
        flagged: boolean;
        /** Which categories apply. */
        categories: { [category: string]: boolean };
        /** How sure the model is, 0…1. */
        category_scores: { [category: string]: number };
        /** Which kinds of input each score was taken from. */
        category_applied_input_types: { [category: string]: Array<OpenEnum<'text' | 'image'>> };
      }
    }

    /** The moderation model could not judge. */
    interface Error {
      /** Tells an error from verdicts. */
      type: 'error';
      /** The error's name, for programs. */
      code: string;
      /** The error in words, for people. */
      message: string;
    }
  }
}

/**
 * Why the model stopped.
 *
 * `stop`: it was done, or came to a `stop` string; `length`: a token limit; `tool_calls`: it waits for tool
 * results; `content_filter`: something was left out; `function_call`: `tool_calls` in the older protocol.
 * Other servers have more, such as `eos` and `error`, and some say `stop` although tools were called: look at
 * `tool_calls` itself.
 */
export type ChatCompletionFinishReason = OpenEnum<
  'stop' | 'length' | 'tool_calls' | 'content_filter' | 'function_call'
>;

/** A message that the model wrote. It may be sent back in `messages` as it is. */
export interface ChatCompletionMessage {
  /** Fixed: only the model answers. */
  role: 'assistant';
  /** The words. Null where the model called tools, spoke or refused instead. */
  content: string | null;
  /** The words in which the model refused. Left out by many servers and in OpenAI's stored examples. */
  refusal: string | null;
  /** Sources that the words cite. */
  annotations?: ChatCompletionMessage.Annotation[];
  /** The calls that the model made. Absent when there are none; null in OpenAI's stored examples. */
  tool_calls?: ChatCompletionMessageToolCall[];
  /** The spoken answer, if `modalities` asked for one. */
  audio?: ChatCompletionAudio | null;
  /** @deprecated Comes only if the request used `functions`; use `tools` and read `tool_calls`. */
  function_call?: ChatCompletionMessage.FunctionCall | null;
}

/** What {@link ChatCompletionMessage} holds. */
export declare namespace ChatCompletionMessage {
  /** A source. */
  interface Annotation {
    /** Tells this annotation from others to come. */
    type: 'url_citation';
    /** The cited page. */
    url_citation: Annotation.URLCitation;
  }

  /** What {@link ChatCompletionMessage.Annotation} holds. */
  namespace Annotation {
    /** A page found by web search, and the words that rest on it. */
    interface URLCitation {
      /** Where the words begin in `content`. */
      start_index: number;
      /** Where the words end in `content`. */
      end_index: number;
      /** The page's address. */
      url: string;
      /** The page's title. */
      title: string;
    }
  }

  /**
   * The single call of the older protocol.
   *
   * @deprecated Use {@link ChatCompletionMessageToolCall}.
   */
  interface FunctionCall {
    /** The arguments as the model wrote them: meant to be JSON, not checked. */
    arguments: string;
    /** Which function is called. */
    name: string;
  }
}

/** A spoken answer. */
export interface ChatCompletionAudio {
  /** Refers to this answer in a later request's assistant message. */
  id: string;
  /** The sound, base64, in the format that the request asked for. */
  data: string;
  /** When OpenAI forgets `id`, in Unix seconds. */
  expires_at: number;
  /** What is said. */
  transcript: string;
}

/** A token that the model chose. */
export interface ChatCompletionTokenLogprob extends ChatCompletionTokenLogprob.TopLogprob {
  /** The likeliest tokens at this place, at most the request's `top_logprobs`, sometimes fewer. */
  top_logprobs: ChatCompletionTokenLogprob.TopLogprob[];
}

/** What {@link ChatCompletionTokenLogprob} holds. */
export declare namespace ChatCompletionTokenLogprob {
  /** A token and its probability. */
  interface TopLogprob {
    /** The token as text; half a character may look garbled, see `bytes`. */
    token: string;
    /** The natural logarithm of its probability; −9999 stands for very unlikely. */
    logprob: number;
    /** The token in UTF-8, to put together characters that span tokens. Null where it has no bytes. */
    bytes: number[] | null;
  }
}
