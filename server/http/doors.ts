/** What the edge needs of the gateway besides the `/v1` routes. */
export interface GatewayDoor {
  models(): Promise<readonly ServedModel[]>;
  /** `missing`: no provider is configured. `unknown`: none was asked yet. */
  upstreamState(): 'ok' | 'unknown' | 'failing' | 'missing';
}

export interface ServedModel {
  readonly id: string;
  readonly name?: string | undefined;
  readonly provider?: string | undefined;
  /** Nano-dollars per million tokens; absent where the price is not known. */
  readonly inputNanosPerMillion?: number | undefined;
  readonly outputNanosPerMillion?: number | undefined;
}

/** The part of the log that the edge writes to. */
export interface EdgeLog {
  error(fields: Readonly<Record<string, unknown>>, message: string): void;
}
