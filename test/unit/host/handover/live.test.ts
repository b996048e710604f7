import fc from "fast-check";
import { servedBy, type Route } from "../../../../host/gateway/routes";
import { wayBack, type Live } from "../../../../host/install/live";
import { hosts, release, routedTo } from "./model";

const serving = (running = true): Live => ({
  containers: release("tier1", "one", () => running),
  routes: routedTo("one"),
});

test("what served whole is gone back to, route by route", () => {
  expect(wayBack(serving())).toEqual(routedTo("one"));
});

test("what an earlier version of this module brought up is gone back to without the route it did not have", () => {
  const { api, app } = routedTo("one");
  expect(wayBack({ ...serving(), routes: { api, app } })).toEqual({ api, ws: api, app });
});

test("what did not run, or had no api or no page, is not gone back to", () => {
  expect(wayBack(serving(false))).toBeUndefined();
  const { api, app } = routedTo("one");
  for (const routes of [{ api }, { app }, {}]) expect(wayBack({ ...serving(), routes })).toBeUndefined();
});

test("whatever the host is like, nobody is sent to a container that does not run", () => {
  fc.assert(
    fc.property(hosts, ({ live }) => {
      for (const [route, name] of Object.entries(wayBack(live) ?? {})) {
        expect(live.containers).toContainEqual(
          expect.objectContaining({ name, running: true, service: servedBy(route as Route) }),
        );
      }
    }),
  );
});
