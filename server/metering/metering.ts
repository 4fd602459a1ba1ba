export type Price = { id: string; source: string; model: string; rates: { input: number; output: number } & Record<string, unknown> };
export interface Metering {
  price(q: { catalogue: string | null; model: string; at: number; inputTokens: number }): Price | null;
  rate(q: { usage: import('../../contract/usage.ts').ReportedUsage; price: Price | null; local: boolean }): { cost: import('../../contract/money.ts').Nanos | null; source: import('../../contract/usage.ts').CostSource; priceId: string | null };
  estimatePrompt(body: unknown): number;
  countText(text: string): Promise<number>;
  countPrompt(body: unknown): Promise<number>;
}
export declare function overlay(base: import('../../contract/usage.ts').ReportedUsage | null, next: import('../../contract/usage.ts').ReportedUsage): import('../../contract/usage.ts').ReportedUsage;
