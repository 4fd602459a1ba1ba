/** What a client is told that looks for a provider's API where it is not: most often its base URL is at fault. */
import { Failure } from '../failure.ts';

/** What the official clients ask for, behind whatever a base URL may say before it. */
const ASKED_OF_PROVIDERS =
  /^\/+(?:[a-z]+\/+)?(?:v1\/+)?(?:deployments\/[^/]+\/)?(?:chat\/completions|completions|responses|messages|embeddings|models|images|audio|moderations|rerank)(?:[/?]|$)/i;

const BASE_URL = {
  sentence:
    "There is nothing here. The providers' APIs lie below /v1: the base URL of a client ends with /v1, unless the client itself adds that, as those of /v1/messages do.",
};

/** The failure of an address that leads nowhere. @param url path and query */
export function nothingAt(url: string): Failure {
  return ASKED_OF_PROVIDERS.test(url)
    ? new Failure('not_found', BASE_URL)
    : new Failure('not_found');
}
