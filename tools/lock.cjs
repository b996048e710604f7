/* eslint-disable @typescript-eslint/no-require-imports -- runs before anything is installed or compiled */
"use strict";
const { createHash } = require("node:crypto");
const { rmSync } = require("node:fs");
const { connect, createServer } = require("node:net");
const { tmpdir } = require("node:os");
const { join } = require("node:path");

/**
 * Runs work that must not run twice at once on this machine, such as installing into one folder. The lock is a socket
 * that the kernel closes with its owner, so none is ever left over, and whoever waits notices the moment it is free.
 *
 * @template T
 * @param {string} subject what is locked, such as the path of a folder; the same text is the same lock
 * @param {() => void} waiting called once when another process holds it
 * @param {() => Promise<T>} work
 * @returns {Promise<T>}
 */
exports.exclusively = async function exclusively(subject, waiting, work) {
  const address = addressOf(subject);
  for (let told = false; ; told = true) {
    const release = await take(address);
    if (release !== undefined) {
      try {
        return await work();
      } finally {
        await release();
      }
    }
    if (!told) waiting();
    await untilFree(address);
  }
};

/**
 * Takes the same kind of lock, or gives undefined at once when another process holds it.
 *
 * @param {string} subject
 * @returns {Promise<(() => Promise<void>) | undefined>} lets go of it
 */
exports.claim = async function claim(subject) {
  const address = addressOf(subject);
  for (;;) {
    const release = await take(address);
    if (release !== undefined || (await lives(address))) return release;
  }
};

/** @param {string} subject */
function addressOf(subject) {
  const name = `scani-tiers-${createHash("sha256").update(subject).digest("hex").slice(0, 24)}`;
  // Linux has sockets outside any folder; elsewhere a killed owner leaves a file behind, which is then removed.
  return process.platform === "linux" ? `\0${name}` : join(tmpdir(), `${name}.sock`);
}

/** Takes the lock, or gives undefined when another holds it. @param {string} address */
function take(address) {
  return new Promise((resolve, reject) => {
    const waiters = new Set();
    const server = createServer((socket) => {
      waiters.add(socket);
      socket
        .on("error", () => undefined)
        .on("close", () => waiters.delete(socket))
        .resume();
    });
    server.on("error", (error) => {
      if (error.code === "EADDRINUSE") resolve(undefined);
      else reject(error);
    });
    server.listen(address, () =>
      resolve(
        () =>
          new Promise((released) => {
            server.close(released);
            for (const socket of waiters) socket.destroy();
          }),
      ),
    );
  });
}

/** True while the owner lives, even suspended or busy: the kernel answers for it. @param {string} address */
function lives(address) {
  return new Promise((resolve) => {
    const socket = connect(address, () => {
      resolve(true);
      socket.destroy();
    });
    socket.on("error", (error) => {
      clear(address, error);
      resolve(false);
    });
  });
}

/**
 * Removes the file a killed owner left, where sockets are files. @param {string} address @param {NodeJS.ErrnoException}
 * error
 */
function clear(address, error) {
  if (error.code === "ECONNREFUSED" && !address.startsWith("\0")) rmSync(address, { force: true });
}

/** Settles when the owner lets go or dies. @param {string} address */
function untilFree(address) {
  return new Promise((resolve) => {
    connect(address)
      .on("error", (error) => clear(address, error))
      .on("close", resolve)
      .resume();
  });
}
