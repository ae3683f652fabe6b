/** The parameters of a request that its stored completion repeats, and what that shows where the request said nothing. */
export const REPEATED_PARAMETERS: Readonly<Record<string, string>> = {
  tool_choice: 'null',
  tools: 'null',
  response_format: 'null',
  seed: 'null',
  top_p: '1',
  temperature: '1',
  presence_penalty: '0',
  frequency_penalty: '0',
  user: 'null',
};

export const REPEATED_PARAMETER_NAMES: ReadonlySet<string> = new Set(Object.keys(REPEATED_PARAMETERS));
