import { createTransport } from "nodemailer";
import { z } from "zod";
import type { Log } from "./log";
import { procedure, type Router } from "./trpc";

const mail = z.object({
  from: z.string(),
  to: z.string(),
  subject: z.string(),
  text: z.string(),
  html: z.string().optional(),
});

/**
 * Returns the procedure that sends mails by SMTP; without an SMTP_URL it only logs the recipient, as the real service
 * does.
 */
export function emailRouter(log: Log, env: NodeJS.ProcessEnv = process.env): Router<void> {
  const transport = env.SMTP_URL ? createTransport(env.SMTP_URL) : undefined;
  return {
    "email.send": procedure("mutation", mail, async (message) => {
      if (transport) await transport.sendMail({ ...message, from: env.SMTP_FROM || message.from });
      else log.info("No mail transport: a mail was not sent", { to: message.to, subject: message.subject });
      return { ok: true };
    }),
  };
}
