import { connect as connectTcp, type Socket } from 'node:net';
import { connect as connectTls } from 'node:tls';

/** One PING on a connection of its own, after AUTH when the URL has a password. Fails with the reason. */
export async function pingRedis(redisUrl: string, timeoutMs = 2000): Promise<void> {
  const url = new URL(redisUrl);
  const target = { host: url.hostname, port: Number(url.port || 6379) };
  const socket = url.protocol === 'rediss:' ? connectTls({ ...target, servername: target.host }) : connectTcp(target);
  try {
    const commands = [['PING']];
    if (url.password) {
      const user = url.username ? [decodeURIComponent(url.username)] : [];
      commands.unshift(['AUTH', ...user, decodeURIComponent(url.password)]);
    }
    const replies = await exchange(socket, commands, timeoutMs);
    const refusal = replies.find((reply) => reply.startsWith('-'));
    if (refusal) throw new Error(refusal.slice(1));
    if (replies.at(-1) !== '+PONG') throw new Error(`unexpected reply ${replies.at(-1)}`);
  } finally {
    socket.destroy();
  }
}

/** The replies used here are all one line each, so counting lines is the whole protocol. */
function exchange(socket: Socket, commands: string[][], timeoutMs: number): Promise<string[]> {
  return new Promise((resolve, reject) => {
    let received = '';
    socket.setTimeout(timeoutMs, () => reject(new Error(`no answer within ${timeoutMs} ms`)));
    socket.once('error', reject);
    socket.once('close', () => reject(new Error('connection closed')));
    socket.on('data', (chunk) => {
      received += chunk.toString();
      const lines = received.split('\r\n').slice(0, -1);
      if (lines.length >= commands.length || lines.some((line) => line.startsWith('-'))) resolve(lines);
    });
    socket.write(commands.map(encode).join(''));
  });
}

const encode = (words: string[]): string =>
  `*${words.length}\r\n${words.map((word) => `$${Buffer.byteLength(word)}\r\n${word}\r\n`).join('')}`;
