// Whatever type-checks against the official package also type-checks against ours: requests, and the values
// that its users hold as results. Names are part of the promise, nested ones too.
import type * as ours from '@colloquy/client/contract';
import type { OpenAI } from 'openai';
import type * as theirs from 'openai/resources';
import type { ChatCompletionCreateParamsBase } from 'openai/resources/chat/completions/completions';
import type { CompletionUsage } from 'openai/resources/completions';

import type { Assert, Covers } from './type-assertions.ts';

export type Requests = [
  Assert<Covers<ours.ChatCompletionCreateParams, theirs.ChatCompletionCreateParams>>,
  Assert<Covers<ours.ChatCompletionCreateParams, OpenAI.ChatCompletionCreateParams>>,
  Assert<Covers<ours.ChatCompletionCreateParamsBase, ChatCompletionCreateParamsBase>>,
  Assert<Covers<ours.ChatCompletionCreateParamsNonStreaming, theirs.ChatCompletionCreateParamsNonStreaming>>,
  Assert<Covers<ours.ChatCompletionCreateParamsStreaming, theirs.ChatCompletionCreateParamsStreaming>>,
  Assert<Covers<ours.ChatCompletionListParams, theirs.ChatCompletionListParams>>,
  Assert<Covers<ours.ChatCompletionUpdateParams, theirs.ChatCompletionUpdateParams>>,
  Assert<Covers<ours.MessageListParams, OpenAI.Chat.Completions.MessageListParams>>,
  Assert<Covers<ours.Metadata, theirs.Metadata>>,
];

export type RequestSettings = [
  Assert<Covers<ours.ChatCompletionAudioParam, theirs.ChatCompletionAudioParam>>,
  Assert<Covers<ours.ChatCompletionAudioParam.ID, theirs.ChatCompletionAudioParam.ID>>,
  Assert<Covers<ours.ChatCompletionCreateParams.Function, theirs.ChatCompletionCreateParams.Function>>,
  Assert<Covers<ours.ChatCompletionCreateParams.Moderation, theirs.ChatCompletionCreateParams.Moderation>>,
  Assert<
    Covers<
      ours.ChatCompletionCreateParams.Moderation.Policy,
      theirs.ChatCompletionCreateParams.Moderation.Policy
    >
  >,
  Assert<
    Covers<
      ours.ChatCompletionCreateParams.Moderation.Policy.Input,
      theirs.ChatCompletionCreateParams.Moderation.Policy.Input
    >
  >,
  Assert<
    Covers<
      ours.ChatCompletionCreateParams.Moderation.Policy.Output,
      theirs.ChatCompletionCreateParams.Moderation.Policy.Output
    >
  >,
  Assert<
    Covers<
      ours.ChatCompletionCreateParams.PromptCacheOptions,
      theirs.ChatCompletionCreateParams.PromptCacheOptions
    >
  >,
  Assert<
    Covers<
      ours.ChatCompletionCreateParams.WebSearchOptions,
      theirs.ChatCompletionCreateParams.WebSearchOptions
    >
  >,
  Assert<
    Covers<
      ours.ChatCompletionCreateParams.WebSearchOptions.UserLocation,
      theirs.ChatCompletionCreateParams.WebSearchOptions.UserLocation
    >
  >,
  Assert<
    Covers<
      ours.ChatCompletionCreateParams.WebSearchOptions.UserLocation.Approximate,
      theirs.ChatCompletionCreateParams.WebSearchOptions.UserLocation.Approximate
    >
  >,
  Assert<Covers<ours.ChatCompletionModality, theirs.ChatCompletionModality>>,
  Assert<Covers<ours.ChatCompletionPredictionContent, theirs.ChatCompletionPredictionContent>>,
  Assert<Covers<ours.ChatCompletionReasoningEffort, OpenAI.Chat.ChatCompletionReasoningEffort>>,
  Assert<Covers<ours.ReasoningEffort, theirs.ReasoningEffort>>,
  Assert<Covers<ours.ChatCompletionStreamOptions, theirs.ChatCompletionStreamOptions>>,
  Assert<Covers<ours.ResponseFormatText, theirs.ResponseFormatText>>,
  Assert<Covers<ours.ResponseFormatJSONObject, theirs.ResponseFormatJSONObject>>,
  Assert<Covers<ours.ResponseFormatJSONSchema, theirs.ResponseFormatJSONSchema>>,
  Assert<Covers<ours.ResponseFormatJSONSchema.JSONSchema, theirs.ResponseFormatJSONSchema.JSONSchema>>,
];

export type Messages = [
  Assert<Covers<ours.ChatCompletionMessageParam, theirs.ChatCompletionMessageParam>>,
  Assert<Covers<ours.ChatCompletionDeveloperMessageParam, theirs.ChatCompletionDeveloperMessageParam>>,
  Assert<Covers<ours.ChatCompletionSystemMessageParam, theirs.ChatCompletionSystemMessageParam>>,
  Assert<Covers<ours.ChatCompletionUserMessageParam, theirs.ChatCompletionUserMessageParam>>,
  Assert<Covers<ours.ChatCompletionAssistantMessageParam, theirs.ChatCompletionAssistantMessageParam>>,
  Assert<
    Covers<ours.ChatCompletionAssistantMessageParam.Audio, theirs.ChatCompletionAssistantMessageParam.Audio>
  >,
  Assert<
    Covers<
      ours.ChatCompletionAssistantMessageParam.FunctionCall,
      theirs.ChatCompletionAssistantMessageParam.FunctionCall
    >
  >,
  Assert<Covers<ours.ChatCompletionToolMessageParam, theirs.ChatCompletionToolMessageParam>>,
  Assert<Covers<ours.ChatCompletionFunctionMessageParam, theirs.ChatCompletionFunctionMessageParam>>,
  Assert<Covers<ours.ChatCompletionRole, theirs.ChatCompletionRole>>,
  Assert<Covers<ours.ChatCompletionContentPart, theirs.ChatCompletionContentPart>>,
  Assert<Covers<ours.ChatCompletionContentPart.File, theirs.ChatCompletionContentPart.File>>,
  Assert<Covers<ours.ChatCompletionContentPart.File.File, theirs.ChatCompletionContentPart.File.File>>,
  Assert<Covers<ours.ChatCompletionContentPartText, theirs.ChatCompletionContentPartText>>,
  Assert<Covers<ours.ChatCompletionContentPartImage, theirs.ChatCompletionContentPartImage>>,
  Assert<
    Covers<ours.ChatCompletionContentPartImage.ImageURL, theirs.ChatCompletionContentPartImage.ImageURL>
  >,
  Assert<Covers<ours.ChatCompletionContentPartInputAudio, theirs.ChatCompletionContentPartInputAudio>>,
  Assert<
    Covers<
      ours.ChatCompletionContentPartInputAudio.InputAudio,
      theirs.ChatCompletionContentPartInputAudio.InputAudio
    >
  >,
  Assert<Covers<ours.ChatCompletionContentPartRefusal, theirs.ChatCompletionContentPartRefusal>>,
  // The official package repeats this one under each of its four parts.
  Assert<Covers<ours.PromptCacheBreakpoint, theirs.ChatCompletionContentPartText.PromptCacheBreakpoint>>,
];

export type Tools = [
  Assert<Covers<ours.ChatCompletionTool, theirs.ChatCompletionTool>>,
  Assert<Covers<ours.ChatCompletionFunctionTool, theirs.ChatCompletionFunctionTool>>,
  Assert<Covers<ours.FunctionDefinition, theirs.FunctionDefinition>>,
  Assert<Covers<ours.FunctionParameters, theirs.FunctionParameters>>,
  Assert<Covers<ours.ChatCompletionCustomTool, theirs.ChatCompletionCustomTool>>,
  Assert<Covers<ours.ChatCompletionCustomTool.Custom, theirs.ChatCompletionCustomTool.Custom>>,
  Assert<Covers<ours.ChatCompletionCustomTool.Custom.Text, theirs.ChatCompletionCustomTool.Custom.Text>>,
  Assert<
    Covers<ours.ChatCompletionCustomTool.Custom.Grammar, theirs.ChatCompletionCustomTool.Custom.Grammar>
  >,
  Assert<
    Covers<
      ours.ChatCompletionCustomTool.Custom.Grammar.Grammar,
      theirs.ChatCompletionCustomTool.Custom.Grammar.Grammar
    >
  >,
  Assert<Covers<ours.ChatCompletionToolChoiceOption, theirs.ChatCompletionToolChoiceOption>>,
  Assert<Covers<ours.ChatCompletionAllowedToolChoice, theirs.ChatCompletionAllowedToolChoice>>,
  Assert<Covers<ours.ChatCompletionAllowedTools, theirs.ChatCompletionAllowedTools>>,
  Assert<Covers<ours.ChatCompletionNamedToolChoice, theirs.ChatCompletionNamedToolChoice>>,
  Assert<Covers<ours.ChatCompletionNamedToolChoice.Function, theirs.ChatCompletionNamedToolChoice.Function>>,
  Assert<Covers<ours.ChatCompletionNamedToolChoiceCustom, theirs.ChatCompletionNamedToolChoiceCustom>>,
  Assert<
    Covers<ours.ChatCompletionNamedToolChoiceCustom.Custom, theirs.ChatCompletionNamedToolChoiceCustom.Custom>
  >,
  Assert<Covers<ours.ChatCompletionFunctionCallOption, theirs.ChatCompletionFunctionCallOption>>,
  Assert<Covers<ours.ChatCompletionMessageToolCall, theirs.ChatCompletionMessageToolCall>>,
  Assert<Covers<ours.ChatCompletionMessageFunctionToolCall, theirs.ChatCompletionMessageFunctionToolCall>>,
  Assert<
    Covers<
      ours.ChatCompletionMessageFunctionToolCall.Function,
      theirs.ChatCompletionMessageFunctionToolCall.Function
    >
  >,
  Assert<Covers<ours.ChatCompletionMessageCustomToolCall, theirs.ChatCompletionMessageCustomToolCall>>,
  Assert<
    Covers<ours.ChatCompletionMessageCustomToolCall.Custom, theirs.ChatCompletionMessageCustomToolCall.Custom>
  >,
];

export type Results = [
  Assert<Covers<ours.ChatCompletion, theirs.ChatCompletion>>,
  Assert<Covers<ours.ChatCompletion.Choice, theirs.ChatCompletion.Choice>>,
  Assert<Covers<ours.ChatCompletion.Choice.Logprobs, theirs.ChatCompletion.Choice.Logprobs>>,
  Assert<Covers<ours.ChatCompletion.Moderation, theirs.ChatCompletion.Moderation>>,
  Assert<
    Covers<
      ours.ChatCompletion.Moderation.ModerationResults,
      theirs.ChatCompletion.Moderation.ModerationResults
    >
  >,
  Assert<
    Covers<
      ours.ChatCompletion.Moderation.ModerationResults.Result,
      theirs.ChatCompletion.Moderation.ModerationResults.Result
    >
  >,
  Assert<Covers<ours.ChatCompletion.Moderation.Error, theirs.ChatCompletion.Moderation.Error>>,
  Assert<Covers<ours.ChatCompletionMessage, theirs.ChatCompletionMessage>>,
  Assert<Covers<ours.ChatCompletionMessage.Annotation, theirs.ChatCompletionMessage.Annotation>>,
  Assert<
    Covers<
      ours.ChatCompletionMessage.Annotation.URLCitation,
      theirs.ChatCompletionMessage.Annotation.URLCitation
    >
  >,
  Assert<Covers<ours.ChatCompletionMessage.FunctionCall, theirs.ChatCompletionMessage.FunctionCall>>,
  Assert<Covers<ours.ChatCompletionAudio, theirs.ChatCompletionAudio>>,
  Assert<Covers<ours.ChatCompletionTokenLogprob, theirs.ChatCompletionTokenLogprob>>,
  Assert<Covers<ours.ChatCompletionTokenLogprob.TopLogprob, theirs.ChatCompletionTokenLogprob.TopLogprob>>,
  Assert<Covers<ours.CompletionUsage, CompletionUsage>>,
  Assert<Covers<ours.CompletionUsage.PromptTokensDetails, CompletionUsage.PromptTokensDetails>>,
  Assert<Covers<ours.CompletionUsage.CompletionTokensDetails, CompletionUsage.CompletionTokensDetails>>,
  Assert<Covers<ours.ChatCompletionStoreMessage, theirs.ChatCompletionStoreMessage>>,
  Assert<Covers<ours.ChatCompletionDeleted, theirs.ChatCompletionDeleted>>,
  Assert<Covers<ours.Model, theirs.Model>>,
];

export type Chunks = [
  Assert<Covers<ours.ChatCompletionChunk, theirs.ChatCompletionChunk>>,
  Assert<Covers<ours.ChatCompletionChunk.Moderation, theirs.ChatCompletionChunk.Moderation>>,
  Assert<Covers<ours.ChatCompletionChunk.Choice, theirs.ChatCompletionChunk.Choice>>,
  Assert<Covers<ours.ChatCompletionChunk.Choice.Logprobs, theirs.ChatCompletionChunk.Choice.Logprobs>>,
  Assert<Covers<ours.ChatCompletionChunk.Choice.Delta, theirs.ChatCompletionChunk.Choice.Delta>>,
  Assert<Covers<ours.ChatCompletionChunk.Choice.Delta.Audio, theirs.ChatCompletionChunk.Choice.Delta.Audio>>,
  Assert<
    Covers<
      ours.ChatCompletionChunk.Choice.Delta.FunctionCall,
      theirs.ChatCompletionChunk.Choice.Delta.FunctionCall
    >
  >,
  Assert<
    Covers<ours.ChatCompletionChunk.Choice.Delta.ToolCall, theirs.ChatCompletionChunk.Choice.Delta.ToolCall>
  >,
  Assert<
    Covers<
      ours.ChatCompletionChunk.Choice.Delta.ToolCall.Function,
      theirs.ChatCompletionChunk.Choice.Delta.ToolCall.Function
    >
  >,
  Assert<
    Covers<
      ours.ChatCompletionChunk.Choice.Delta.ToolCall.Custom,
      theirs.ChatCompletionChunk.Choice.Delta.ToolCall.Custom
    >
  >,
];
