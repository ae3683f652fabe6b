// Tools offered to a model, the choice among them, and the calls it makes. `type` is a closed
// discriminant: narrowing needs it.
import type { OpenEnum } from './open-enum.ts';

/** A tool that the model may call, told apart by `type`. */
export type ChatCompletionTool = ChatCompletionFunctionTool | ChatCompletionCustomTool;

/**
 * A tool whose arguments are JSON.
 *
 * @see https://platform.openai.com/docs/guides/function-calling
 */
export interface ChatCompletionFunctionTool {
  /** Tells this tool from the others. */
  type: 'function';
  /** What the model is told about the function. */
  function: FunctionDefinition;
}

/** What the model is told about a function. */
export interface FunctionDefinition {
  /** 1–64 letters, digits, `_` or `-`. */
  name: string;
  /** What the function does and when to call it, for the model to read. */
  description?: string | undefined;
  /** The arguments. Absent: the function takes none. */
  parameters?: FunctionParameters | undefined;
  /**
   * Whether the arguments must fit `parameters` exactly; then only part of JSON Schema may be used. Default:
   * false.
   */
  strict?: boolean | null | undefined;
}

/** The JSON Schema of a function's arguments. */
export interface FunctionParameters {
  [keyword: string]: unknown;
}

/** A tool whose input is text rather than JSON. */
export interface ChatCompletionCustomTool {
  /** Tells this tool from the others. */
  type: 'custom';
  /** What the model is told about the tool. */
  custom: ChatCompletionCustomTool.Custom;
}

/** What {@link ChatCompletionCustomTool} holds. */
export declare namespace ChatCompletionCustomTool {
  /** What the model is told about a custom tool. */
  interface Custom {
    /** The name that the model calls it by. */
    name: string;
    /** What the tool does and when to call it, for the model to read. */
    description?: string | undefined;
    /** What the input may look like. Default: any text. */
    format?: Custom.Text | Custom.Grammar | undefined;
  }

  /** The forms of a custom tool's input. */
  namespace Custom {
    /** Any text. */
    interface Text {
      /** Tells this form from the other. */
      type: 'text';
    }

    /** Text of a formal language. */
    interface Grammar {
      /** Tells this form from the other. */
      type: 'grammar';
      /** The language. */
      grammar: Grammar.Grammar;
    }

    /** What {@link ChatCompletionCustomTool.Custom.Grammar} holds. */
    namespace Grammar {
      /** The definition of a formal language. */
      interface Grammar {
        /** The grammar, written in `syntax`. */
        definition: string;
        /** The notation of `definition`. */
        syntax: OpenEnum<'lark' | 'regex'>;
      }
    }
  }
}

/** Whether the model must, may or must not call tools, and which. */
export type ChatCompletionToolChoiceOption =
  | OpenEnum<'none' | 'auto' | 'required'>
  | ChatCompletionAllowedToolChoice
  | ChatCompletionNamedToolChoice
  | ChatCompletionNamedToolChoiceCustom;

/** Narrows the choice to some of the tools on offer. */
export interface ChatCompletionAllowedToolChoice {
  /** Tells this choice from the others. */
  type: 'allowed_tools';
  /** The tools, and whether one of them must be called. */
  allowed_tools: ChatCompletionAllowedTools;
}

/** Some of the tools on offer. */
export interface ChatCompletionAllowedTools {
  /** `auto`: the model may also answer in words; `required`: it must call one of `tools`. */
  mode: OpenEnum<'auto' | 'required'>;
  /** References of the shape `{ type: 'function', function: { name } }`. */
  tools: Array<{ [member: string]: unknown }>;
}

/** Makes the model call one function. The answer may then finish with `stop` instead of `tool_calls`. */
export interface ChatCompletionNamedToolChoice {
  /** Tells this choice from the others. */
  type: 'function';
  /** The function to call. */
  function: ChatCompletionNamedToolChoice.Function;
}

/** What {@link ChatCompletionNamedToolChoice} holds. */
export declare namespace ChatCompletionNamedToolChoice {
  /** A reference to a function. */
  interface Function {
    /** The name of one of the `tools`. */
    name: string;
  }
}

/** Makes the model call one custom tool. */
export interface ChatCompletionNamedToolChoiceCustom {
  /** Tells this choice from the others. */
  type: 'custom';
  /** The tool to call. */
  custom: ChatCompletionNamedToolChoiceCustom.Custom;
}

/** What {@link ChatCompletionNamedToolChoiceCustom} holds. */
export declare namespace ChatCompletionNamedToolChoiceCustom {
  /** A reference to a custom tool. */
  interface Custom {
    /** The name of one of the `tools`. */
    name: string;
  }
}

/**
 * Makes the model call one function of the older protocol.
 *
 * @deprecated Use {@link ChatCompletionNamedToolChoice}.
 */
export interface ChatCompletionFunctionCallOption {
  /** The name of one of the `functions`. */
  name: string;
}

/** A call that the model made, told apart by `type`. Sent back as it came. */
export type ChatCompletionMessageToolCall =
  | ChatCompletionMessageFunctionToolCall
  | ChatCompletionMessageCustomToolCall;

/** A call of a function. */
export interface ChatCompletionMessageFunctionToolCall {
  /** Tells this call from the others. */
  type: 'function';
  /** Named by the tool message that answers. Has no fixed shape; some servers repeat ids across answers. */
  id: string;
  /** The function and its arguments. */
  function: ChatCompletionMessageFunctionToolCall.Function;
}

/** What {@link ChatCompletionMessageFunctionToolCall} holds. */
export declare namespace ChatCompletionMessageFunctionToolCall {
  /** A called function. */
  interface Function {
    /** The arguments as the model wrote them: meant to be JSON, but it may be invalid or miss the schema. */
    arguments: string;
    /** Which function is called. */
    name: string;
  }
}

/** A call of a custom tool. */
export interface ChatCompletionMessageCustomToolCall {
  /** Tells this call from the others. */
  type: 'custom';
  /** Named by the tool message that answers. Has no fixed shape; some servers repeat ids across answers. */
  id: string;
  /** The tool and its input. */
  custom: ChatCompletionMessageCustomToolCall.Custom;
}

/** What {@link ChatCompletionMessageCustomToolCall} holds. */
export declare namespace ChatCompletionMessageCustomToolCall {
  /** A called custom tool. */
  interface Custom {
    /** The input as the model wrote it. */
    input: string;
    /** Which tool is called. */
    name: string;
  }
}
