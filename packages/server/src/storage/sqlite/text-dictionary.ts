// What the texts of requests and responses have in common, for zstd to refer to: a short text alone repeats little. The
// most frequent stands last, where it is cheapest to refer to.
//
// Never edited once released: what was kept cannot be read without it. Before the tables, the content alone was the
// dictionary; what was compressed with it is read with both, since it refers to nothing but the content.

const WORDS =
  ' the of and to a in is that for it as with on be this by an are from or you can not have your will which their more if ' +
  'when one all would there has been was were they we he she but what about out up into than other some time only its new ' +
  'also these any first should use used using may such most between after where each both because through following ' +
  'example, however, for example, such as in order to as well as one of the it is a the same number of based on due to ' +
  'there are you can use this is make sure that if you have let me know if you would like please provide I would like to ' +
  'Here is a Here are some Here’s In this case, Note that The following For example, To do this, You are a helpful ' +
  'assistant. You are an Answer the question Respond in JSON Do not Please What is the How do I Can you explain Write a ' +
  'Summarize the following Translate the following Sure! Certainly! Of course! I’m sorry, but I can’t Thank you ' +
  'information important different function returns value string number object array data error message user system ' +
  'example code file name type list result response request input output model language text word question answer';

const MARKDOWN =
  '\\n\\n1. **\\n\\n2. **\\n\\n3. **\\n\\n4. **\\n\\n5. **\\n- **:** \\n   - \\n\\n### \\n\\n## \\n\\n---\\n\\n| |\\n|---|---|\\n' +
  '```python\\nimport \\n\\ndef (self, ):\\n    """\\n    return \\n    for  in range(\\n        if  is None:\\n    print(f\\"\\n```\\n\\n' +
  "```javascript\\nconst  = await \\nfunction () {\\n  return \\n};\\nexport default \\nimport {  } from '\\n```\\n\\n```bash\\nnpm install " +
  '\\n```\\n\\n```json\\n{\\n  \\"\\": \\"\\",\\n```\\n\\n```sql\\nSELECT  FROM  WHERE \\n```';

const REQUEST =
  '{"role":"tool","tool_call_id":"call_","content":"{\\"},{"role":"assistant","content":null,"tool_calls":[{"id":"call_",' +
  '"type":"function","function":{"name":"get_","arguments":"{\\"query\\":\\""}}]},"tools":[{"type":"function","function":{"name":"",' +
  '"description":"","strict":true,"parameters":{"type":"object","properties":{"":{"type":"string","description":"The ","enum":["' +
  '"]},"":{"type":"integer"},"":{"type":"array","items":{"type":"string"}},"required":[""],"additionalProperties":false}}}],' +
  '"tool_choice":"auto","parallel_tool_calls":true,"response_format":{"type":"json_schema","json_schema":{"name":"","schema":{' +
  '"type":"text"}},{"type":"image_url","image_url":{"url":"data:image/png;base64,iVBORw0KGgoAAAANSUhEUgAA"detail":"auto"' +
  '"seed":,"top_p":1,"presence_penalty":0,"frequency_penalty":0,"n":1,"stop":null,"user":"","reasoning_effort":"medium",' +
  '"stream":true,"stream_options":{"include_usage":true},"max_tokens":,"max_completion_tokens":,"metadata":{"' +
  '{"messages":[{"role":"system","content":"You are a helpful assistant."},{"role":"developer","content":"},{"role":"user",' +
  '"content":[{"type":"text","text":"}]},{"role":"assistant","content":"},{"role":"user","content":""}],"model":"gpt-4o-mini",' +
  '"store":true,"temperature":0.7}';

const RESPONSE =
  '{"index":0,"logprobs":null,"finish_reason":"length"}{"finish_reason":"tool_calls"}"content":null,"tool_calls":[{"index":0,"id":"call_' +
  '","type":"function","function":{"name":"","arguments":"{}"}}],"refusal":null,"reasoning_content":null,"annotations":[]},' +
  '"logprobs":null,"finish_reason":"stop"}],"usage":{"prompt_tokens":,"completion_tokens":,"total_tokens":,"prompt_tokens_details":{' +
  '"cached_tokens":0,"audio_tokens":0},"completion_tokens_details":{"reasoning_tokens":0,"audio_tokens":0,' +
  '"accepted_prediction_tokens":0,"rejected_prediction_tokens":0}},"service_tier":"default","system_fingerprint":"fp_"}' +
  '{"id":"chatcmpl-X","object":"chat.completion","created":17,"model":"gpt-4o-mini-2024-07-18","choices":[{"index":0,"message":{' +
  '"role":"assistant","content":"';

/**
 * How frequent symbols are in chats, so that a short text need not say it, and is read in three quarters of the time. Made
 * by `ZDICT_finalizeDictionary` of libzstd 1.5.4 for level 1, from the content and 3000 requests and responses in English.
 */
const TABLES =
  'N6Qw7AEAAAA8ELCzSTowDMMwDMMwDMPADdRDbGtE7tZkS1qrJSFEbiIrVxHRhAbGrh/FmF//6UM1QvX/B9k/pqAhAODwIwAAADBgeFQuno9VBw' +
  'AEQIAsPx5VhjGSYwgzwAAAAAAAAAMACADAAMDAYAAAAKSJ5ENko0MzsUAcjCVZEEdBJyEbAQAAAAEAAAAEAAAACAAAAA==';

export const TEXT_DICTIONARY = Buffer.concat([
  Buffer.from(TABLES, 'base64'),
  Buffer.from(WORDS + MARKDOWN + REQUEST + RESPONSE),
]);
