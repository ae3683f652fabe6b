// Large requests are mostly long strings: prompts, files, images. To know what a request asks for, none of them needs to
// be decoded.

import {
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  OPEN_BRACE,
  OPEN_BRACKET,
  QUOTE,
  skipString,
  spellBytes,
} from './scan.ts';

/** Larger requests are not parsed as they are, but their outline is. */
export const MAX_PARSED_BYTES = 8192;
/** Every name and value that anybody reads in a message is shorter, however it is escaped. In bytes, with the quotes. */
const SHORT_STRING_BYTES = 64;
/** Stands for what is left out: not empty, for what must not be empty was not. */
const LEFT_OUT = '.';

/**
 * The JSON text of a request without the contents of the long strings in its `messages`. It parses in a fraction of the
 * time, to a value of the same shape; a text that is no JSON stays none, but for the escapes and control characters of
 * the strings that are left out.
 */
export function outlineMessages(json: Buffer): Buffer {
  const text = spellBytes(json);
  let outline = '';
  let copied = 0;
  let depth = 0;
  let isValue = false;
  let isInMessages = false;
  for (let at = 0; at < text.length; at++) {
    switch (text.charCodeAt(at)) {
      case QUOTE: {
        const end = skipString(text, at);
        if (depth === 1 && !isValue) isInMessages = isNameOfMessages(text.slice(at, end));
        else if (isInMessages && end - at > SHORT_STRING_BYTES) {
          outline += text.slice(copied, at + 1) + LEFT_OUT;
          copied = end - 1;
        }
        at = end - 1;
        break;
      }
      case COLON:
        isValue = true;
        break;
      case COMMA:
        isValue = false;
        break;
      case OPEN_BRACE:
      case OPEN_BRACKET:
        depth += 1;
        isValue = false;
        break;
      case CLOSE_BRACE:
      case CLOSE_BRACKET:
        depth -= 1;
        break;
      default:
    }
  }
  return Buffer.from(outline + text.slice(copied), 'latin1');
}

function isNameOfMessages(json: string): boolean {
  if (!json.includes('\\')) return json === '"messages"';
  try {
    return JSON.parse(json) === 'messages';
  } catch {
    return false;
  }
}
