/** How a failure is told inside an answer that has begun. */
import { anthropicError, openaiError } from '../../../contract/openai-api.ts';
import type { Failure } from '../../failure.ts';
import type { Dialect, Wire } from '../../providers/providers.ts';

/**
 * One event that the official clients turn into an error, encoded on a single line, so that no text in
 * it can begin or end an event. No end mark follows it.
 */
export function errorEvent(
  failure: Failure,
  requestId: string,
  answer: { dialect: Dialect; wire: Wire | null },
): string {
  const spoken = { code: failure.code, message: failure.message, param: null, requestId };
  if (answer.dialect === 'anthropic') {
    return `event: error\ndata: ${JSON.stringify(anthropicError(spoken))}\n\n`;
  }
  const { error } = openaiError(spoken);
  if (answer.wire === 'responses') {
    const { message, code, param } = error;
    return `event: error\ndata: ${JSON.stringify({ type: 'error', code, message, param })}\n\n`;
  }
  const choices = [{ index: 0, delta: {}, finish_reason: 'error' }];
  return `data: ${JSON.stringify({ error, choices })}\n\n`;
}
