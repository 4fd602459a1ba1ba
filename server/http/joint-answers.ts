/**
 * One answer for all who ask the same. While an answer is made, whoever comes waits for the next one, which they share: so
 * nobody gets what was read before they asked, and a crowd costs what two readers cost.
 */
export class JointAnswers<Answer> {
  readonly #underWay = new Map<string, Promise<Answer>>();
  readonly #next = new Map<string, Promise<Answer>>();

  /** @param make is called for the first of those who share an answer */
  of(key: string, make: () => Promise<Answer>): Promise<Answer> {
    const next = this.#next.get(key);
    if (next !== undefined) return next;
    const underWay = this.#underWay.get(key);
    if (underWay === undefined) return this.#begin(key, make);
    const begin = (): Promise<Answer> => {
      this.#next.delete(key);
      return this.#begin(key, make);
    };
    const answer = underWay.then(begin, begin);
    this.#next.set(key, answer);
    return answer;
  }

  #begin(key: string, make: () => Promise<Answer>): Promise<Answer> {
    const answer = make();
    this.#underWay.set(key, answer);
    const end = (): void => {
      if (this.#underWay.get(key) === answer) this.#underWay.delete(key);
    };
    answer.then(end, end);
    return answer;
  }
}
