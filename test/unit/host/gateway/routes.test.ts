import { askedPaths, routeCommand, routes, servedBy, targetOf, type Route } from "../../../../host/gateway/routes";
import { signInPaths } from "../../../../host/gateway/signIn";

test("/api is stripped; what the api serves by its own path, and what nginx translates, is not", () => {
  expect(routeCommand("api", "c", 9)).toEqual(
    expect.arrayContaining(["--path-prefix=/api", "--strip-path-prefix=true", "--target=c:3001", "--drain-timeout=9s"]),
  );
  expect(routeCommand("ws", "c", 9)).toEqual(
    expect.arrayContaining(["--path-prefix=/ws,/api/auth,/e/u,/e/a", "--strip-path-prefix=false", "--target=c:3001"]),
  );
  expect(routeCommand("auth", "c", 9)).toEqual(
    expect.arrayContaining(["--strip-path-prefix=false", "--target=c:8081"]),
  );
  expect(routeCommand("app", "c", 9)).toEqual(expect.arrayContaining(["--path-prefix=/", "--target=c:80"]));
});

test("every server of a release is asked through the gateway", () => {
  const at = (of: readonly Route[]) => new Set(of.map((route) => targetOf(route, servedBy(route))));
  expect(at(Object.keys(askedPaths) as Route[])).toEqual(at(routes));
});

test("no two routes answer the same path", () => {
  const prefixes = routes.flatMap(
    (route) =>
      routeCommand(route, "c", 9)
        .find((word) => word.startsWith("--path-prefix="))
        ?.slice("--path-prefix=".length)
        .split(",") ?? [],
  );
  expect(new Set(prefixes).size).toBe(prefixes.length);
});

test("the calls of the sign-in client hide no path of the api", () => {
  // The api's own first segments. Source: Scani 0.17.1, apps/backend/api.
  for (const own of ["trpc", "health", "readyz", "admin", "institution-icons", "auth", "e", "api"])
    expect(signInPaths).not.toContain(own);
});
