/** Takes one request to its answer and onto the bill, exactly once. */
import type { OutgoingHttpHeaders, ServerResponse } from 'node:http';
import type { Behaviour } from './behaviour.ts';
import { type BillBook, type BillOutcome, type Consumption, NOTHING } from './bill.ts';
import { actOut } from './faults.ts';
import { framesOf } from './frames.ts';
import { plainAnswer } from './plain.ts';
import { type Plan, planOf } from './plan.ts';
import { refusalBody } from './refusal.ts';
import type { SeenRequest } from './request.ts';
import { send } from './send.ts';
import { type Piece, shape } from './shape.ts';

const STREAMED = new Set(['chat', 'completions', 'responses', 'messages']);

export class Answering {
  readonly #bill: BillBook;
  readonly #goesOn: boolean;

  constructor(bill: BillBook, billingAfterAbort: 'stops' | 'goes on') {
    this.#bill = bill;
    this.#goesOn = billingAfterAbort === 'goes on';
  }

  answer(seen: SeenRequest, behaviour: Behaviour, res: ServerResponse): void {
    const plan = planOf(seen, behaviour, this.#bill);
    const serving = new Serving(plan, res, this.#bill);
    res.once('close', () => serving.callerLeft(this.#goesOn));
    if (behaviour.delayMs === undefined || behaviour.delayMs <= 0) {
      serving.start();
      return;
    }
    setTimeout(() => {
      if (!res.destroyed) serving.start();
    }, behaviour.delayMs);
  }
}

/** One answer under way. */
class Serving {
  readonly #plan: Plan;
  readonly #res: ServerResponse;
  readonly #bill: BillBook;
  #sentTokens = 0;
  #billed = false;

  constructor(plan: Plan, res: ServerResponse, bill: BillBook) {
    this.#plan = plan;
    this.#res = res;
    this.#bill = bill;
  }

  start(): void {
    const { behaviour, seen } = this.#plan;
    if (behaviour.body !== undefined || (behaviour.status ?? 200) >= 300) {
      this.#refuse();
    } else if (behaviour.fault !== undefined) {
      this.#settle('failed', NOTHING);
      void actOut(behaviour.fault, this.#res, this.#plan);
    } else if (seen.streamed && STREAMED.has(seen.route)) {
      this.#stream();
    } else {
      this.#plain();
    }
  }

  /** The caller closed the connection before the answer was whole; a no-op for an answer that is on the bill. */
  callerLeft(billingGoesOn: boolean): void {
    if (this.#billed) return;
    const { used } = this.#plan;
    const completionTokens = billingGoesOn ? used.completionTokens : this.#sentTokens;
    this.#settle('cut-by-client', { ...used, completionTokens });
  }

  #refuse(): void {
    const { behaviour, seen } = this.#plan;
    const status = behaviour.status ?? 200;
    this.#settle('failed', NOTHING);
    const body = behaviour.body ?? refusalBody(this.#plan, status);
    this.#head(status, {
      'content-type': behaviour.contentType ?? 'application/json',
      'content-length': Buffer.byteLength(body),
      ...(behaviour.retryAfter === undefined ? {} : { 'retry-after': behaviour.retryAfter }),
      ...(behaviour.location === undefined ? {} : { location: behaviour.location }),
    });
    this.#res.end(seen.method === 'HEAD' ? undefined : body);
  }

  #plain(): void {
    const { behaviour, used } = this.#plan;
    const { body, contentType, encoding } = plainAnswer(this.#plan);
    const headers: OutgoingHttpHeaders = {
      'content-type': behaviour.contentType ?? contentType,
      ...(encoding === undefined ? {} : { 'content-encoding': encoding }),
    };
    if (behaviour.cut !== 'end') headers['content-length'] = Buffer.byteLength(body);
    if (
      typeof body === 'string' &&
      behaviour.cut === undefined &&
      behaviour.chunking === undefined
    ) {
      this.#sentTokens = used.completionTokens;
      this.#settle('complete', used);
      this.#head(200, headers);
      this.#res.end(body);
      return;
    }
    this.#head(200, headers);
    // A plain answer has no events: the oddities of its bytes are already in the body.
    const { cut, cutAt, chunking, seed } = behaviour;
    const bytesOnly = Object.fromEntries(
      Object.entries({ cut, cutAt, chunking, seed }).filter(([, value]) => value !== undefined),
    );
    this.#send(slices(body, used.completionTokens), { ...this.#plan, behaviour: bytesOnly });
  }

  #stream(): void {
    const { behaviour } = this.#plan;
    this.#head(200, {
      'content-type': behaviour.contentType ?? 'text/event-stream; charset=utf-8',
      'cache-control': 'no-cache',
    });
    this.#send(framesOf(this.#plan), this.#plan);
  }

  #send(pieces: Iterable<Piece>, plan: Plan): void {
    send({
      ...shape(pieces, plan),
      res: this.#res,
      behaviour: this.#plan.behaviour,
      sent: (tokens) => {
        this.#sentTokens += tokens;
      },
      ends: ({ failed }, lastTokens) => {
        this.#sentTokens += lastTokens;
        const { used } = this.#plan;
        if (failed) this.#settle('failed', { ...used, completionTokens: this.#sentTokens });
        else this.#settle('complete', used);
      },
    });
  }

  #head(status: number, headers: OutgoingHttpHeaders): void {
    const { id, seen, behaviour } = this.#plan;
    headers['x-request-id'] = id;
    if (seen.route === 'messages') headers['request-id'] = id;
    this.#res.writeHead(
      status,
      behaviour.headers === undefined
        ? headers
        : { ...headers, ...(behaviour.headers as OutgoingHttpHeaders) },
    );
  }

  #settle(outcome: BillOutcome, charged: Consumption): void {
    this.#billed = true;
    const { id, seen, costNanos } = this.#plan;
    this.#bill.add({
      id,
      path: seen.path,
      model: seen.model,
      key: seen.key,
      ...charged,
      sentTokens: this.#sentTokens,
      streamed: seen.streamed,
      costNanos: outcome === 'complete' ? costNanos : this.#bill.costOf(seen.model, charged),
      outcome,
    });
  }
}

const SLICE_BYTES = 65_536;

/** A body in writes of 64 KiB, so that a caller who leaves a large one half-way is noticed. */
function* slices(body: string | Buffer, tokens: number): Generator<Piece> {
  const bytes = Buffer.from(body);
  for (let at = 0; at < bytes.length; at += SLICE_BYTES) {
    const last = at + SLICE_BYTES >= bytes.length;
    const data = bytes.subarray(at, at + SLICE_BYTES);
    yield { kind: 'content', data, tokens: last ? tokens : 0 };
  }
}
