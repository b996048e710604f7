import { dotenvText, tier1Dotenv } from "../../../../lab/bench/compose/dotenv";
import { composeFile } from "../../../../lab/bench/compose/file";

const images = {
  scaniRepository: "scani",
  scaniTag: "9.9.9",
  postgres: "pg:1",
  redis: "redis:1",
  storage: "s3:1",
  mail: "mail:1",
  gateway: "gw:1",
};
const read = (withDataProvider: boolean) =>
  JSON.parse(composeFile({ project: "compose-abc123", images, port: 4711, withDataProvider }));

test("the guide's edit takes the data-provider and both depends_on, and nothing else", () => {
  const [one, two] = [read(true), read(false)];
  expect(one.services.api.depends_on["data-provider"]).toEqual({ condition: "service_healthy" });
  delete one.services["data-provider"];
  delete one.services.api.depends_on["data-provider"];
  delete one.services.worker.depends_on["data-provider"];
  expect(two).toEqual(one);
});

test("every service, volume and network can be found again; the port is on loopback only", () => {
  const { services, volumes, networks } = read(true);
  for (const part of [...Object.values(services), ...Object.values(volumes), ...Object.values(networks)]) {
    expect((part as { labels: unknown }).labels).toEqual({
      "scani.install": "compose-abc123",
      "scani.throwaway": "true",
    });
  }
  expect(services["frontend-app"].ports).toEqual(["127.0.0.1:4711:80"]);
});

test("every variable the file takes from .env is there", () => {
  const text = composeFile({ project: "p", images, port: 1, withDataProvider: true });
  const settings = tier1Dotenv({ tag: "9.9.9", port: 1 });
  const taken = [...text.matchAll(/(?<!\$)\$\{(\w+)\}/g)].map(([, name]) => name);
  expect(taken.filter((name) => settings[name] === undefined)).toEqual([]);
  expect(settings.SCANI_CLOUD_API_KEY).toBe(settings.DATA_PROVIDER_API_KEY);
});

test(".env is one line for each variable", () => {
  expect(dotenvText({ A: "1", B: "http://x:1/y?z=1" })).toBe("A=1\nB=http://x:1/y?z=1\n");
});
