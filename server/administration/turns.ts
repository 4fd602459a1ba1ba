/**
 * Acts on what bounds a user, one after the other for each name: they read what is there, wait for the disk and write it
 * back changed, so that of two at once the later would undo the earlier, and a bound could be missed by what it is for.
 */
export class Turns {
  readonly #last = new Map<string, Promise<unknown>>();

  /** Begins at once where nobody else is at it; an act that fails holds up nobody. */
  take<Result>(username: string, act: () => Promise<Result>): Promise<Result> {
    const before = this.#last.get(username);
    const turn = before === undefined ? act() : before.then(act, act);
    this.#last.set(username, turn);
    const end = (): void => {
      if (this.#last.get(username) === turn) this.#last.delete(username);
    };
    turn.then(end, end);
    return turn;
  }
}
