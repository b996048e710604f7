/** Login to a database. */
export interface Login {
  readonly role: string;
  readonly password: string;
  readonly database: string;
}

/** Reads the login in a database's URL. Pure. @throws TypeError for text that is no URL */
export function loginOf(url: string): Login {
  const { username, password, pathname } = new URL(url);
  return {
    role: decodeURIComponent(username),
    password: decodeURIComponent(password),
    database: decodeURIComponent(pathname.slice(1)),
  };
}

/** Does the same as `loginOf`; undefined for text that is no URL. Pure. */
export function loginIn(url = ""): Login | undefined {
  return URL.canParse(url) ? loginOf(url) : undefined;
}
