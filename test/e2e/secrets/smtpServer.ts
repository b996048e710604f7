import { createServer, type Socket } from "node:net";
import { createInterface } from "node:readline";

/** A login with which mail was sent. */
export interface Login {
  readonly user: string;
  readonly password: string;
}

/** A mail server that accepts every login and records it. */
export interface SmtpServer {
  readonly port: number;
  /** Logins of accepted mails, oldest first. */
  readonly logins: readonly Login[];
  close(): void;
}

/** Starts a mail server on an address of this machine. */
export async function startSmtpServer(address: string): Promise<SmtpServer> {
  const logins: Login[] = [];
  const open = new Set<Socket>();
  const server = createServer((socket) => {
    open.add(socket);
    socket.once("close", () => open.delete(socket));
    void talk(socket, (login) => logins.push(login)).catch(() => socket.destroy());
  });
  await new Promise<void>((resolve) => server.listen(0, address, resolve));
  return {
    port: (server.address() as { port: number }).port,
    logins,
    close: () => {
      server.close();
      for (const socket of open) socket.destroy();
    },
  };
}

async function talk(socket: Socket, sent: (login: Login) => void): Promise<void> {
  const say = (line: string): boolean => socket.write(`${line}\r\n`);
  const decoded = (text: string): string => Buffer.from(text, "base64").toString("utf8");
  let login: Login | undefined;
  let inMail = false;
  say("220 outside.test");
  for await (const line of createInterface(socket)) {
    const [word, how, given] = line.split(" ");
    if (inMail) {
      if (line !== ".") continue;
      inMail = false;
      if (login !== undefined) sent(login);
      say("250 taken");
    } else if (word === "EHLO") {
      say("250-outside.test");
      say("250 AUTH PLAIN");
    } else if (word === "AUTH" && how === "PLAIN" && given !== undefined) {
      const [, user = "", password = ""] = decoded(given).split("\0");
      login = { user, password };
      say("235 in");
    } else if (word === "DATA") {
      inMail = true;
      say("354 go on");
    } else if (word === "QUIT") {
      socket.end("221 bye\r\n");
    } else say("250 good");
  }
}
