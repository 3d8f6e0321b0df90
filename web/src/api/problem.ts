import type { components } from './schema';

type Schemas = components['schemas'];

/** What is wrong with one parameter. */
export type ParameterError = Schemas['gold.Problem'];

/** An error of the API (RFC 9457), or of the way there. Its message is for the reader of the page. */
export class Problem extends Error {
  override name = 'Problem';
  /** 0: the server was not reached. */
  readonly status: number;
  readonly code: string;
  readonly requestID: string | undefined;
  readonly retryAfter: number | undefined;
  readonly errors: ParameterError[];

  constructor(status: number, code: string, message: string, requestID?: string, retryAfter?: number, errors: ParameterError[] = []) {
    super(message);
    this.status = status;
    this.code = code;
    this.requestID = requestID;
    this.retryAfter = retryAfter;
    this.errors = errors;
  }

  /** Reads the problem of an answer that isn't a success. */
  static async of(response: Response): Promise<Problem> {
    const retryAfter = Number(response.headers.get('Retry-After') ?? NaN);
    const retry = Number.isFinite(retryAfter) ? retryAfter : undefined;
    try {
      const body = (await response.json()) as Partial<Schemas['ProblemDetails']>; // a proxy's may be another
      return new Problem(response.status, body.code ?? '', body.detail ?? response.statusText, body.request_id, retry, body.errors);
    } catch {
      return new Problem(response.status, '', response.statusText || `HTTP ${response.status}`, undefined, retry);
    }
  }
}
