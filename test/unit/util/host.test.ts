import { isBrowserLocal, isOwnMachine } from "../../../util/host";

test.each([
  ["localhost", true],
  ["app.localhost", true],
  ["127.0.0.1", true],
  ["[::1]", true],
  ["::1", true],
  ["localhost.", false],
  ["127.0.0.2", false],
  ["127.1", false],
  ["0.0.0.0", false],
  ["[::]", false],
])("%s is whoever names it; of a browser's machine: %s", (host, ofBrowser) => {
  expect([isOwnMachine(host), isBrowserLocal(host)]).toEqual([true, ofBrowser]);
});

test.each(["localhost.example.org", "mylocalhost", "10.0.0.1", "1270.0.0.1", "127.example.org", "fe80::1", "postgres"])(
  "%s is another's",
  (host) => {
    expect([isOwnMachine(host), isBrowserLocal(host)]).toEqual([false, false]);
  },
);
