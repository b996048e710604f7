/** A mail as the data-provider's `email.send` takes it; the sender is its SMTP_FROM. */
export interface Mail {
  from: string;
  to: string;
  subject: string;
  text: string;
  html: string;
}

const FROM = '"Scani stand-in" <stand-in@example.com>';

export function linkMail(to: string, url: string): Mail {
  const escaped = url.replace(/&/g, "&amp;");
  return {
    from: FROM,
    to,
    subject: "Sign in to Scani",
    text: `Follow this link to sign in. It works once and for 15 minutes.\n\n${url}\n`,
    html: `<p>Follow this link to sign in. It works once and for 15 minutes.</p><p><a href="${escaped}">Sign in</a></p><p>${escaped}</p>`,
  };
}

/** Returns the mail with a sign-in code, which is in the subject too, as in Scani's own mail. */
export function codeMail(to: string, code: string): Mail {
  return {
    from: FROM,
    to,
    subject: `${code} — sign-in code · Scani`,
    text: `Your code: ${code}\n\nIt works once and for 5 minutes.\n`,
    html: `<p>Your code: <b>${code}</b></p><p>It works once and for 5 minutes.</p>`,
  };
}
