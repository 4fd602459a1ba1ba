import { tellDone, tellProblem } from './notices.ts';

interface FlipProps {
  /** Makes the change. Rejects where that could not be done. */
  readonly change: (isActive: boolean) => Promise<unknown>;
  /** Says that it was made. */
  readonly told: (isActive: boolean) => string;
}

/**
 * Switches something on or off, and tells how that went together with the way back. The way back outlives what it was
 * taken from: a row that is switched off may be in the list no more, and its panel closed.
 */
export function flip({ change, told }: FlipProps, isActive: boolean): void {
  const back = (): void => flip({ change, told }, !isActive);
  void change(isActive).then(() => tellDone(told(isActive), back), tellProblem);
}
