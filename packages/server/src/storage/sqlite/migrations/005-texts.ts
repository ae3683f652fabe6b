// A byte before each text says how it is encoded: see text-codec.ts. Those that are there are not compressed.

export const sql = `
UPDATE completions SET
  request = CAST(x'00' || request AS BLOB),
  response = CAST(x'00' || response AS BLOB);
`;
