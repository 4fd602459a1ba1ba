/** The access token: a JWT that names its session, so that it is worth nothing once the session has ended. */
import type { Session } from '../accounts/accounts.ts';
import type { Clock } from '../clock.ts';

export interface AccessTokens {
  issue(session: Session): Promise<{ readonly token: string; readonly expiresInSeconds: number }>;
  /** The id of the session; null for anything but a token that we signed and that has not expired. */
  sessionIdOf(token: string): Promise<string | null>;
}

export interface AccessTokenSettings {
  readonly secretKey: string;
  readonly accessTokenMinutes: number;
}

/** Loaded with the first token: a start does not wait for it. */
const jose = () => import('jose');

/** The only way to sign that is accepted, whatever a token says about itself. */
const ALGORITHM = 'HS256';
const ISSUER = 'tollkeeper';

export function createAccessTokens(
  { secretKey, accessTokenMinutes }: AccessTokenSettings,
  clock: Pick<Clock, 'now'>,
): AccessTokens {
  const key = new TextEncoder().encode(secretKey);
  const lifeSeconds = accessTokenMinutes * 60;
  return {
    async issue(session) {
      const { SignJWT } = await jose();
      const now = Math.floor(clock.now() / 1000);
      const expiresInSeconds = Math.min(lifeSeconds, Math.floor(session.expiresAt / 1000) - now);
      const token = await new SignJWT({ sid: session.id })
        .setProtectedHeader({ alg: ALGORITHM, typ: 'JWT' })
        .setIssuer(ISSUER)
        .setSubject(session.userId)
        .setIssuedAt(now)
        .setExpirationTime(now + expiresInSeconds)
        .sign(key);
      return { token, expiresInSeconds };
    },

    async sessionIdOf(token) {
      const { errors, jwtVerify } = await jose();
      try {
        const { payload } = await jwtVerify(token, key, {
          algorithms: [ALGORITHM],
          issuer: ISSUER,
          requiredClaims: ['exp', 'sub', 'sid'],
          currentDate: new Date(clock.now()),
        });
        return typeof payload['sid'] === 'string' ? payload['sid'] : null;
      } catch (error) {
        // Whatever is wrong with a token, it opens nothing; why is nobody's business.
        if (error instanceof errors.JOSEError) return null;
        throw error;
      }
    },
  };
}

/** Three parts between dots, as no other credential of ours has them. */
export function looksLikeAccessToken(credential: string): boolean {
  return /^[\w-]+\.[\w-]+\.[\w-]+$/.test(credential);
}
