// createChatCompletion: POST /v1/chat/completions
// Answers a ChatCompletion, or with `stream: true` server-sent events of ChatCompletionChunk.
import type { ChatCompletionContentPartText } from './content-parts.ts';
import type { ChatCompletionMessageParam } from './messages.ts';
import type { Metadata } from './metadata.ts';
import type { OpenEnum } from './open-enum.ts';
import type { ResponseFormat } from './response-format.ts';
import type { ServiceTier } from './service-tier.ts';
import type {
  ChatCompletionFunctionCallOption,
  ChatCompletionTool,
  ChatCompletionToolChoiceOption,
  FunctionParameters,
} from './tools.ts';

/** A request, told apart by `stream`. */
export type ChatCompletionCreateParams =
  | ChatCompletionCreateParamsNonStreaming
  | ChatCompletionCreateParamsStreaming;

/** A request for a whole answer. */
export interface ChatCompletionCreateParamsNonStreaming extends ChatCompletionCreateParamsBase {
  /** Whether to send the answer piece by piece. Default: false. */
  stream?: false | null | undefined;
}

/** A request for an answer piece by piece. */
export interface ChatCompletionCreateParamsStreaming extends ChatCompletionCreateParamsBase {
  /** Whether to send the answer piece by piece. */
  stream: true;
}

/**
 * A request, streamed or not.
 *
 * Which settings a model takes depends on the model: OpenAI answers one it does not take with 400
 * `unsupported_parameter` or `unsupported_value` and its name in `param`. Null and undefined mean the
 * default.
 *
 * @see https://platform.openai.com/docs/api-reference/chat/create
 */
export interface ChatCompletionCreateParamsBase {
  /** Which model answers. An unknown one is a 404 `model_not_found`. */
  model: string;
  /** The conversation so far, at least one message. Too long for the model: 400 `context_length_exceeded`. */
  messages: ChatCompletionMessageParam[];

  /** Whether to send the answer piece by piece. Default: false. */
  stream?: boolean | null | undefined;
  /** What to add to a stream; only with `stream: true`. */
  stream_options?: ChatCompletionStreamOptions | null | undefined;
  /**
   * Whether to keep the completion for the stored operations. OpenAI keeps text and images only, and nothing
   * for organisations without data retention. Default: false.
   */
  store?: boolean | null | undefined;
  /** Labels to keep with the completion. OpenAI answers 400 without `store: true`. */
  metadata?: Metadata | null | undefined;

  /** How many answers to make, 1…128; the tokens of all are paid for. Default: 1. */
  n?: number | null | undefined;
  /** How much chance decides, 0…2; near 0 the likeliest words win. Change this or `top_p`. Default: 1. */
  temperature?: number | null | undefined;
  /**
   * The share of likely tokens to choose from, 0…1: 0.1 means the likeliest tenth of the probability.
   * Default: 1.
   */
  top_p?: number | null | undefined;
  /** How much a token loses for each time it was used before, −2…2; below 0 it gains. Default: 0. */
  frequency_penalty?: number | null | undefined;
  /** How much a token loses for having been used at all, −2…2; below 0 it gains. Default: 0. */
  presence_penalty?: number | null | undefined;
  /** What to add to the logit of a token, −100…100, keyed by token id; the ends forbid and force it. */
  logit_bias?: { [tokenId: string]: number } | null | undefined;
  /** Whether to report the probability of each token of the answer. Default: false. */
  logprobs?: boolean | null | undefined;
  /** How many of the likeliest tokens to report at each place, 0…20; needs `logprobs: true`. */
  top_logprobs?: number | null | undefined;

  /** The most tokens to write for each answer, reasoning included. Default: the model's own limit. */
  max_completion_tokens?: number | null | undefined;
  /** Where to stop: up to 4 strings, which the answer will not contain. Not taken by o3 and o4-mini. */
  stop?: string | string[] | null | undefined;
  /** What the answer must look like. Default: text. */
  response_format?: ResponseFormat | undefined;
  /** What to answer in. Default: text. Asking for audio needs `audio` too. */
  modalities?: ChatCompletionModality[] | null | undefined;
  /** How a spoken answer sounds. */
  audio?: ChatCompletionAudioParam | null | undefined;
  /** How long-winded the answer is. Default: `medium`. */
  verbosity?: OpenEnum<'low' | 'medium' | 'high'> | null | undefined;
  /** What most of the answer is expected to be, as when a file is edited: what comes true comes faster. */
  prediction?: ChatCompletionPredictionContent | null | undefined;

  /** The tools on offer. */
  tools?: ChatCompletionTool[] | undefined;
  /** Whether to call them. Default: `auto` with tools, `none` without. */
  tool_choice?: ChatCompletionToolChoiceOption | undefined;
  /** Whether one answer may make several calls. Default: true. */
  parallel_tool_calls?: boolean | undefined;
  /** Lets the model search the web, and how; the answer then cites its sources in `annotations`. */
  web_search_options?: ChatCompletionCreateParams.WebSearchOptions | undefined;

  /** How much to think before the answer. Default: `medium`, where the model takes it. */
  reasoning_effort?: ReasoningEffort | undefined;
  /** How fast to be served. Default: `auto`. The answer carries the tier that was used. */
  service_tier?: ServiceTier | null | undefined;
  /** Has request and answer judged; the verdicts come with the answer. */
  moderation?: ChatCompletionCreateParams.Moderation | null | undefined;
  /** Who the end user is, as a stable pseudonym of at most 128 characters, for OpenAI to spot abuse. */
  safety_identifier?: string | null | undefined;
  /** Groups requests that begin alike, so that they find the same prompt cache. */
  prompt_cache_key?: string | null | undefined;
  /** How the prompt cache is used. */
  prompt_cache_options?: ChatCompletionCreateParams.PromptCacheOptions | undefined;

  /** @deprecated Use `max_completion_tokens`; reasoning models refuse this one with 400. */
  max_tokens?: number | null | undefined;
  /** @deprecated By OpenAI, without replacement. Asks for the same answer each time, without promise. */
  seed?: number | null | undefined;
  /** @deprecated Use `safety_identifier`, and `prompt_cache_key` for the cache. */
  user?: string | undefined;
  /** @deprecated Use `prompt_cache_options`. */
  prompt_cache_retention?: OpenEnum<'in_memory' | '24h'> | null | undefined;
  /** @deprecated Use `tools`. Holds 1…128 functions. */
  functions?: ChatCompletionCreateParams.Function[] | undefined;
  /** @deprecated Use `tool_choice`. */
  function_call?: OpenEnum<'none' | 'auto'> | ChatCompletionFunctionCallOption | undefined;
}

/** What {@link ChatCompletionCreateParamsBase} holds. */
export declare namespace ChatCompletionCreateParams {
  /** How the web is searched. */
  interface WebSearchOptions {
    /** How much of what is found the model gets to read. Default: `medium`. */
    search_context_size?: OpenEnum<'low' | 'medium' | 'high'> | undefined;
    /** Where the user is, for results from there. */
    user_location?: WebSearchOptions.UserLocation | null | undefined;
  }

  /** What {@link ChatCompletionCreateParams.WebSearchOptions} holds. */
  namespace WebSearchOptions {
    /** Where the user is. */
    interface UserLocation {
      /** How exact the place is; nothing more exact is known. */
      type: 'approximate';
      /** The place. */
      approximate: UserLocation.Approximate;
    }

    /** What {@link ChatCompletionCreateParams.WebSearchOptions.UserLocation} holds. */
    namespace UserLocation {
      /** A place, as far as it is known. */
      interface Approximate {
        /** Two letters, ISO 3166-1: `CH`. */
        country?: string | undefined;
        /** In words: `Ticino`. */
        region?: string | undefined;
        /** In words: `Lugano`. */
        city?: string | undefined;
        /** An IANA name: `Europe/Zurich`. */
        timezone?: string | undefined;
      }
    }
  }

  /** Who judges request and answer, and with what consequence. */
  interface Moderation {
    /** The moderation model, such as `omni-moderation-latest`. */
    model: string;
    /** What the verdicts lead to. */
    policy?: Moderation.Policy | null | undefined;
  }

  /** What {@link ChatCompletionCreateParams.Moderation} holds. */
  namespace Moderation {
    /** What verdicts lead to. */
    interface Policy {
      /** For the request's messages. */
      input?: Policy.Input | null | undefined;
      /** For the answer. */
      output?: Policy.Output | null | undefined;
    }

    /** What {@link ChatCompletionCreateParams.Moderation.Policy} holds. */
    namespace Policy {
      /** What a verdict on the messages leads to. */
      interface Input {
        /** `score` only reports; `block` also holds back what is flagged. */
        mode: OpenEnum<'score' | 'block'>;
      }

      /** What a verdict on the answer leads to. */
      type Output = Input;
    }
  }

  /** How the prompt cache is used. */
  interface PromptCacheOptions {
    /** Whether OpenAI sets a breakpoint of its own beside the explicit ones. Default: `implicit`. */
    mode?: OpenEnum<'implicit' | 'explicit'> | undefined;
    /** How long at least the breakpoints' prefixes stay cached. Default: `30m`. */
    ttl?: OpenEnum<'30m'> | undefined;
  }

  /**
   * A function of the older protocol.
   *
   * @deprecated Use `ChatCompletionFunctionTool`.
   */
  interface Function {
    /** 1–64 letters, digits, `_` or `-`. */
    name: string;
    /** What the function does and when to call it, for the model to read. */
    description?: string | undefined;
    /** The arguments. Absent: the function takes none. */
    parameters?: FunctionParameters | undefined;
  }
}

/** What to add to a stream. */
export interface ChatCompletionStreamOptions {
  /** Whether one more chunk, without choices, brings the usage of the request. Default: false. */
  include_usage?: boolean | undefined;
  /**
   * Whether chunks are padded with `obfuscation`; switching it off saves bandwidth. Default on OpenAI: true.
   */
  include_obfuscation?: boolean | undefined;
}

/** What an answer consists of. */
export type ChatCompletionModality = OpenEnum<'text' | 'audio'>;

/** How a spoken answer sounds. */
export interface ChatCompletionAudioParam {
  /** The encoding of the sound. */
  format: OpenEnum<'wav' | 'aac' | 'mp3' | 'flac' | 'opus' | 'pcm16'>;
  /** The speaker: a voice of the server's, or one's own. */
  voice:
    | OpenEnum<
        'alloy' | 'ash' | 'ballad' | 'coral' | 'echo' | 'sage' | 'shimmer' | 'verse' | 'marin' | 'cedar'
      >
    | ChatCompletionAudioParam.ID;
}

/** What {@link ChatCompletionAudioParam} holds. */
export declare namespace ChatCompletionAudioParam {
  /** A voice of one's own. */
  interface ID {
    /** The voice's id. */
    id: string;
  }
}

/** What most of the answer is expected to be. */
export interface ChatCompletionPredictionContent {
  /** The only kind of prediction. */
  type: 'content';
  /** The expected words; an array holds at least one part. */
  content: string | ChatCompletionContentPartText[];
}

/**
 * How much a reasoning model thinks; each model takes some of these.
 *
 * @see https://platform.openai.com/docs/guides/reasoning
 */
export type ReasoningEffort = OpenEnum<
  'none' | 'minimal' | 'low' | 'medium' | 'high' | 'xhigh' | 'max'
> | null;

/** Another name of {@link ReasoningEffort}. */
export type ChatCompletionReasoningEffort = ReasoningEffort;
