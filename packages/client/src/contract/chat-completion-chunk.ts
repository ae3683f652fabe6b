import type { ChatCompletion, ChatCompletionFinishReason } from './chat-completion.ts';
import type { CompletionUsage } from './completion-usage.ts';
import type { OpenEnum } from './open-enum.ts';
import type { ServiceTier } from './service-tier.ts';

/**
 * One piece of a streamed answer, the JSON of one server-sent event.
 *
 * For each choice: a chunk with the `role`, chunks with content, a chunk with the `finish_reason`. After all
 * of them, if asked for, one chunk with the `usage` and no choices. A chunk may thus hold no choice: guard
 * `choices[0]`.
 *
 * @see https://platform.openai.com/docs/api-reference/chat-streaming/streaming
 */
export interface ChatCompletionChunk {
  /** The completion's id; the same in every chunk of a stream. Some servers open with an empty one. */
  id: string;
  /** Tells a chunk from a completion. */
  object: 'chat.completion.chunk';
  /** When the completion was begun, in Unix seconds; meant to be the same in every chunk of a stream. */
  created: number;
  /** The model that answers; often a dated snapshot of the one that was asked for. */
  model: string;
  /** What is new, for one choice or several. Empty in the chunk that OpenAI adds for the usage. */
  choices: ChatCompletionChunk.Choice[];
  /**
   * Tokens spent on the whole request. Comes once, at the end, if `stream_options.include_usage` asked for
   * it; until then null. Some servers put it into the last choice's chunk. A broken stream has none.
   */
  usage?: CompletionUsage | null;
  /** The tier that does the work, which need not be the one asked for. */
  service_tier?: ServiceTier | null;
  /** Verdicts on request and answer; in one chunk, if the request asked for `moderation`. */
  moderation?: ChatCompletionChunk.Moderation | null;
  /** Random characters that hide the length of the content from eavesdroppers; to be ignored. */
  obfuscation?: string;
  /**
   * The backend's configuration; a change of it may change what a `seed` gives.
   *
   * @deprecated By OpenAI, without replacement.
   */
  system_fingerprint?: string | null;
}

/** What {@link ChatCompletionChunk} holds. */
export declare namespace ChatCompletionChunk {
  /** What is new in one choice. */
  interface Choice {
    /** Its place among the request's `n` answers, from 0; chunks of several choices may interleave. */
    index: number;
    /** What to add to the message. Azure leaves it out of chunks that only report on its content filter. */
    delta: Choice.Delta;
    /** Why the model stopped. Null until it does; on some servers the member is absent until then. */
    finish_reason: ChatCompletionFinishReason | null;
    /** The tokens of this chunk alone: append both lists over the stream. */
    logprobs?: Choice.Logprobs | null;
  }

  /** What {@link ChatCompletionChunk.Choice} holds. */
  namespace Choice {
    /** What to add to the message. Strings are appended, unless their documentation says otherwise. */
    interface Delta {
      /** Who speaks. In the first chunk of a choice; some servers repeat it. */
      role?: OpenEnum<'developer' | 'system' | 'user' | 'assistant' | 'tool'>;
      /** More words. */
      content?: string | null;
      /** More words of a refusal. */
      refusal?: string | null;
      /** More of the calls, which may interleave: tell them apart by their `index`. */
      tool_calls?: Delta.ToolCall[];
      /** More of the spoken answer. */
      audio?: Delta.Audio;
      /** @deprecated Comes only if the request used `functions`; use `tools` and read `tool_calls`. */
      function_call?: Delta.FunctionCall;
    }

    /** What {@link ChatCompletionChunk.Choice.Delta} holds. */
    namespace Delta {
      /** A fragment of a call: the first has id, type and name, the later ones more arguments. */
      interface ToolCall {
        /**
         * The call's place in the message's `tool_calls`, from 0; some servers get it wrong or leave it out.
         */
        index: number;
        /** Comes whole: where a server repeats it, do not append. */
        id?: string;
        /** Comes whole: where a server repeats it, do not append. */
        type?: OpenEnum<'function' | 'custom'>;
        /** A fragment of a function's call. */
        function?: ToolCall.Function;
        /** A fragment of a custom tool's call. */
        custom?: ToolCall.Custom;
      }

      /** What {@link ChatCompletionChunk.Choice.Delta.ToolCall} holds. */
      namespace ToolCall {
        /** A fragment of a function's call. */
        interface Function {
          /** More of the arguments; JSON, if at all, only once complete. */
          arguments?: string;
          /** Comes whole: where a server repeats it, do not append. */
          name?: string;
        }

        /** A fragment of a custom tool's call. */
        interface Custom {
          /** More of the input. */
          input?: string;
          /** Comes whole: where a server repeats it, do not append. */
          name?: string;
        }
      }

      /** A fragment of a spoken answer. */
      interface Audio {
        /** Set once; see `ChatCompletionAudio`. */
        id?: string;
        /** More of the sound, base64. */
        data?: string;
        /** More of what is said. */
        transcript?: string;
        /** Set once, in the last fragment; Unix seconds. */
        expires_at?: number;
      }

      /**
       * A fragment of the older protocol's single call.
       *
       * @deprecated Use {@link ChatCompletionChunk.Choice.Delta.ToolCall}.
       */
      interface FunctionCall {
        /** More of the arguments; JSON, if at all, only once complete. */
        arguments?: string;
        /** Comes whole: where a server repeats it, do not append. */
        name?: string;
      }
    }

    /** As in the whole completion. */
    type Logprobs = ChatCompletion.Choice.Logprobs;
  }

  /** As in the whole completion. */
  type Moderation = ChatCompletion.Moderation;
}
