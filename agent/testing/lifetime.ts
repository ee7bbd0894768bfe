import type { Http } from "../../lib/http.ts";

/** The life of one agent: nothing that it calls answers once it was killed. */
export class Lifetime {
  #isOver = false;

  end(): void {
    this.#isOver = true;
  }

  /** Answers the agent's calls of this object until the agent is gone. */
  limit<T extends object>(it: T): T {
    return new Proxy(it, {
      get: (target, method) => {
        const call = target[method as keyof T] as (...args: unknown[]) => unknown;
        return async (...args: unknown[]) => {
          const answer = this.#isOver ? never : await call(...args);
          return this.#isOver ? never : answer;
        };
      },
    });
  }

  /** Lets requests go out until the agent is gone. */
  limitHttp(http: Http): Http {
    return (request) => (this.#isOver ? never : http(request));
  }
}

const never = new Promise<never>(() => {});
