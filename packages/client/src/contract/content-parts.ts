import type { OpenEnum } from './open-enum.ts';

/** One piece of a user message, told apart by `type`. */
export type ChatCompletionContentPart =
  | ChatCompletionContentPartText
  | ChatCompletionContentPartImage
  | ChatCompletionContentPartInputAudio
  | ChatCompletionContentPart.File;

/** The part that has no name of its own at the top level. */
export declare namespace ChatCompletionContentPart {
  /** A document, sent along or uploaded before. */
  interface File {
    /** Tells this part from the others. */
    type: 'file';
    /** The document: either `file_data` with a `filename`, or `file_id`. */
    file: File.File;
    /** Ends the cached prefix after this part. */
    prompt_cache_breakpoint?: PromptCacheBreakpoint | undefined;
  }

  /** What {@link ChatCompletionContentPart.File} holds. */
  namespace File {
    /** Where the document comes from. */
    interface File {
      /** The document's content, base64. */
      file_data?: string | undefined;
      /** The id of a file uploaded to the same server. */
      file_id?: string | undefined;
      /** The name shown to the model, with its extension. */
      filename?: string | undefined;
    }
  }
}

/** Text; the one part that every role may send. */
export interface ChatCompletionContentPartText {
  /** Tells this part from the others. */
  type: 'text';
  /** The words themselves. */
  text: string;
  /** Ends the cached prefix after this part. */
  prompt_cache_breakpoint?: PromptCacheBreakpoint | undefined;
}

/** An image for a model that sees. */
export interface ChatCompletionContentPartImage {
  /** Tells this part from the others. */
  type: 'image_url';
  /** The image and how closely to look at it. */
  image_url: ChatCompletionContentPartImage.ImageURL;
  /** Ends the cached prefix after this part. */
  prompt_cache_breakpoint?: PromptCacheBreakpoint | undefined;
}

/** What {@link ChatCompletionContentPartImage} holds. */
export declare namespace ChatCompletionContentPartImage {
  /** An image by address. */
  interface ImageURL {
    /**
     * A public address, or the image itself as a `data:` URI. OpenAI leaves images over 8 MB out of the
     * stored copy of a completion.
     */
    url: string;
    /** How closely the model looks, which sets the price in tokens. Default: `auto`. */
    detail?: OpenEnum<'auto' | 'low' | 'high' | 'original'> | undefined;
  }
}

/** Sound for a model that hears. */
export interface ChatCompletionContentPartInputAudio {
  /** Tells this part from the others. */
  type: 'input_audio';
  /** The recording and its encoding. */
  input_audio: ChatCompletionContentPartInputAudio.InputAudio;
  /** Ends the cached prefix after this part. */
  prompt_cache_breakpoint?: PromptCacheBreakpoint | undefined;
}

/** What {@link ChatCompletionContentPartInputAudio} holds. */
export declare namespace ChatCompletionContentPartInputAudio {
  /** A recording. */
  interface InputAudio {
    /** The recording, base64. */
    data: string;
    /** The encoding of `data` before base64. */
    format: OpenEnum<'wav' | 'mp3'>;
  }
}

/** A model's refusal, sent back as part of an assistant message. */
export interface ChatCompletionContentPartRefusal {
  /** Tells this part from the others. */
  type: 'refusal';
  /** The refusal in the model's words. */
  refusal: string;
}

/**
 * A place where the caller wants the prompt cache to end a prefix.
 *
 * @see https://platform.openai.com/docs/guides/prompt-caching
 */
export interface PromptCacheBreakpoint {
  /** Who set the breakpoint; a caller's own is always explicit. */
  mode: OpenEnum<'explicit'>;
  /** How long at least the prefix stays cached. */
  ttl?: OpenEnum<'30m' | '12h'> | undefined;
}
