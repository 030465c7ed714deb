// What a test hears from somebody else, and waits for. No wait is endless: it ends with what was wanted, with the
// sender's failure, or after a time limit with a list of what was heard instead.
const PATIENCE_SECONDS = 20;

export class Inbox {
  heard = [];
  #failure;
  #checks = new Set();

  put(message) {
    this.heard.push(message);
    for (const check of this.#checks) check();
  }

  fail(error) {
    this.#failure ??= { error };
    for (const check of this.#checks) check();
  }

  // The first message, of those heard and those to come, that `wanted` accepts; rejects when the sender fails.
  next(what, wanted) {
    return this.#until(what, (resolve, reject) => {
      const found = this.heard.find(wanted);
      if (found !== undefined) resolve(found);
      else if (this.#failure) reject(this.#failure.error);
    });
  }

  // The failure of a sender that is expected to fail.
  failure(what) {
    return this.#until(what, (resolve) => this.#failure && resolve(this.#failure.error));
  }

  #until(what, decide) {
    let check;
    let timer;
    const outcome = new Promise((resolve, reject) => {
      check = () => decide(resolve, reject);
      timer = setTimeout(() => {
        reject(new Error(`${what}: not within ${PATIENCE_SECONDS} s; heard ${JSON.stringify(this.heard)}`));
      }, PATIENCE_SECONDS * 1000);
      this.#checks.add(check);
      check();
    });
    return outcome.finally(() => {
      clearTimeout(timer);
      this.#checks.delete(check);
    });
  }
}
