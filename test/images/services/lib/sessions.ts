import { createHmac, randomBytes, timingSafeEqual } from 'node:crypto';
import type { IncomingMessage } from 'node:http';
import type { Pool } from 'pg';
import { HttpError } from './http';

const COOKIE = 'better-auth.session_token';
const DAYS = 30;

export interface User {
  id: string;
  email: string;
}

/** Sessions live in Postgres; the cookie is signed, so it is worth nothing under another BETTER_AUTH_SECRET. */
export class Sessions {
  constructor(
    private readonly pool: Pool,
    private readonly secret: string,
    private readonly cookieAttributes: string,
  ) {}

  async signIn(email: string): Promise<{ user: User; cookie: string }> {
    const found = await this.pool.query<User>(
      'insert into users (email) values ($1) on conflict (email) do update set email = excluded.email returning id, email',
      [email],
    );
    const user = found.rows[0];
    const token = randomBytes(24).toString('base64url');
    await this.pool.query(
      `insert into sessions (token, user_id, expires_at) values ($1, $2, now() + make_interval(days => ${DAYS}))`,
      [token, user.id],
    );
    const value = `${token}.${this.sign(token)}`;
    return { user, cookie: `${COOKIE}=${value}; Path=/; HttpOnly; SameSite=Lax; Max-Age=${DAYS * 86400}${this.cookieAttributes}` };
  }

  async require(req: IncomingMessage): Promise<User> {
    const [, value] = new RegExp(`(?:^|; *)${COOKIE}=([^;]+)`).exec(req.headers.cookie ?? '') ?? [];
    const [token, signature] = (value ?? '').split('.');
    if (!token || !signature || !this.isSigned(token, signature)) throw new HttpError(401, 'no valid session cookie');
    const found = await this.pool.query<User>(
      `select u.id, u.email from sessions s join users u on u.id = s.user_id where s.token = $1 and s.expires_at > now()`,
      [token],
    );
    const user = found.rows[0];
    if (!user) throw new HttpError(401, 'session unknown or expired');
    return user;
  }

  private sign(token: string): string {
    return createHmac('sha256', this.secret).update(token).digest('base64url');
  }

  private isSigned(token: string, signature: string): boolean {
    const expected = Buffer.from(this.sign(token));
    const given = Buffer.from(signature);
    return expected.length === given.length && timingSafeEqual(expected, given);
  }
}
