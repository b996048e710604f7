import { loadOf, rates } from "../../../../lab/bench/load";
import { checkOptions } from "../../../../lab/load/options";

test.each(["real", "stand-in"] as const)(
  "%s: requests the load takes, GET and POST in equal parts to the api",
  (kind) => {
    const { api, page } = loadOf(kind);
    for (const requests of [api, page])
      expect(checkOptions({ url: "http://127.0.0.1:1", seconds: 1, requests }).requests).toEqual(requests);
    expect(api.filter(({ method }) => method === "POST").length).toBe(api.length / 2);
  },
);

test("no client comes near the 300 requests a minute of Scani's api", () => {
  const clients = loadOf("real").api.flatMap(({ headers }) => headers?.["cf-connecting-ip"] ?? []);
  expect(new Set(clients).size).toBe(clients.length);
  expect(((rates.api / 2) * 60) / clients.length).toBeLessThan(100);
});

test("a hundred requests a second in all", () => {
  expect(rates.api + rates.page).toBe(100);
});
