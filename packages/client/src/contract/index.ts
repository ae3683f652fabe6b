export type {
  ChatCompletion,
  ChatCompletionAudio,
  ChatCompletionFinishReason,
  ChatCompletionMessage,
  ChatCompletionTokenLogprob,
} from './chat-completion.ts';
export type { ChatCompletionChunk } from './chat-completion-chunk.ts';
export type { CompletionUsage } from './completion-usage.ts';
export type {
  ChatCompletionContentPart,
  ChatCompletionContentPartImage,
  ChatCompletionContentPartInputAudio,
  ChatCompletionContentPartRefusal,
  ChatCompletionContentPartText,
  PromptCacheBreakpoint,
} from './content-parts.ts';
export type {
  ChatCompletionAudioParam,
  ChatCompletionCreateParams,
  ChatCompletionCreateParamsBase,
  ChatCompletionCreateParamsNonStreaming,
  ChatCompletionCreateParamsStreaming,
  ChatCompletionModality,
  ChatCompletionPredictionContent,
  ChatCompletionReasoningEffort,
  ChatCompletionStreamOptions,
  ReasoningEffort,
} from './create-chat-completion.ts';
export type { CursorPageParams, CursorPageResponse } from './cursor-page.ts';
export type { ChatCompletionDeleted } from './delete-chat-completion.ts';
export type { GetChatCompletionResponse } from './get-chat-completion.ts';
export type {
  ChatCompletionMessageList,
  ChatCompletionStoreMessage,
  MessageListParams,
} from './get-chat-completion-messages.ts';
export type { ChatCompletionList, ChatCompletionListParams } from './list-chat-completions.ts';
export type { Model, ModelList } from './list-models.ts';
export type {
  ChatCompletionAssistantMessageParam,
  ChatCompletionDeveloperMessageParam,
  ChatCompletionFunctionMessageParam,
  ChatCompletionMessageParam,
  ChatCompletionRole,
  ChatCompletionSystemMessageParam,
  ChatCompletionToolMessageParam,
  ChatCompletionUserMessageParam,
} from './messages.ts';
export { METADATA_LIMITS, type Metadata } from './metadata.ts';
export type { OpenEnum } from './open-enum.ts';
export type {
  ResponseFormat,
  ResponseFormatJSONObject,
  ResponseFormatJSONSchema,
  ResponseFormatText,
} from './response-format.ts';
export type { ServiceTier } from './service-tier.ts';
export type { CompletionStatus, StoredChatCompletion } from './stored-chat-completion.ts';
export type {
  ChatCompletionAllowedToolChoice,
  ChatCompletionAllowedTools,
  ChatCompletionCustomTool,
  ChatCompletionFunctionCallOption,
  ChatCompletionFunctionTool,
  ChatCompletionMessageCustomToolCall,
  ChatCompletionMessageFunctionToolCall,
  ChatCompletionMessageToolCall,
  ChatCompletionNamedToolChoice,
  ChatCompletionNamedToolChoiceCustom,
  ChatCompletionTool,
  ChatCompletionToolChoiceOption,
  FunctionDefinition,
  FunctionParameters,
} from './tools.ts';
export type { ChatCompletionUpdateParams, UpdateChatCompletionResponse } from './update-chat-completion.ts';
export { ERROR_KINDS, type ErrorBody, type ErrorKind, type ErrorObject } from './errors.ts';
