/** The same answers word by word, as the events of each shape. */
import {
  chatUsage,
  message,
  type Question,
  response,
  responseItem,
  usedBy,
} from './scripted-answers.ts';

export interface Event {
  /** Null where the shape has no names for its events. */
  readonly name: string | null;
  /** An object to be written as JSON, or a text that stands for itself. */
  readonly data: unknown;
}

export function eventsOf(question: Question, answer: string): Iterator<Event> {
  if (question.shape === 'messages') return messageEvents(question, answer);
  if (question.shape === 'responses') return responseEvents(question, answer);
  return chatEvents(question, answer);
}

/** Words with the space behind them: joined again they are the text. */
function words(answer: string): readonly string[] {
  return answer.split(/(?<= )/);
}

function* chatEvents(question: Question, answer: string): Generator<Event> {
  const { id, model, askedAt, wantsUsage } = question;
  const base = { id, object: 'chat.completion.chunk', created: askedAt, model };
  const chunk = (delta: unknown, reason: string | null): Event => ({
    name: null,
    data: { ...base, choices: [{ index: 0, delta, logprobs: null, finish_reason: reason }] },
  });
  yield chunk({ role: 'assistant', content: '' }, null);
  for (const content of words(answer)) yield chunk({ content }, null);
  yield chunk({}, 'stop');
  const usage = chatUsage(usedBy(question, answer));
  if (wantsUsage) yield { name: null, data: { ...base, choices: [], usage } };
  yield { name: null, data: '[DONE]' };
}

function* messageEvents(question: Question, answer: string): Generator<Event> {
  const used = usedBy(question, answer);
  const event = (name: string, fields: object): Event => ({
    name,
    data: { type: name, ...fields },
  });
  const begun = message(question, null, { ...used, output: 1 });
  yield event('message_start', { message: begun });
  yield event('content_block_start', { index: 0, content_block: { type: 'text', text: '' } });
  for (const text of words(answer)) {
    yield event('content_block_delta', { index: 0, delta: { type: 'text_delta', text } });
  }
  yield event('content_block_stop', { index: 0 });
  yield event('message_delta', {
    delta: { stop_reason: 'end_turn', stop_sequence: null },
    usage: { output_tokens: used.output },
  });
  yield event('message_stop', {});
}

function* responseEvents(question: Question, answer: string): Generator<Event> {
  const used = usedBy(question, answer);
  let number = 0;
  const event = (name: string, fields: object): Event => ({
    name,
    data: { type: name, sequence_number: number++, ...fields },
  });
  const item = responseItem(question.id, answer);
  const at = { item_id: item.id, output_index: 0, content_index: 0 };
  yield event('response.created', { response: response(question, null, used) });
  yield event('response.output_item.added', {
    output_index: 0,
    item: { ...item, status: 'in_progress', content: [] },
  });
  yield event('response.content_part.added', {
    ...at,
    part: { type: 'output_text', text: '', annotations: [] },
  });
  for (const delta of words(answer)) yield event('response.output_text.delta', { ...at, delta });
  yield event('response.output_text.done', { ...at, text: answer });
  yield event('response.content_part.done', { ...at, part: item.content[0] });
  yield event('response.output_item.done', { output_index: 0, item });
  yield event('response.completed', { response: response(question, answer, used) });
}
