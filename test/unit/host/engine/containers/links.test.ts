import type Docker from "dockerode";
import { linksOf } from "../../../../../host/engine/containers/links";

const links = (HostConfig: object, Networks: object | null) =>
  linksOf({ HostConfig, NetworkSettings: { Networks } } as unknown as Docker.ContainerInspectInfo);

test("links are read as compose and Docker's default network write them, once each", () => {
  const written = ["home-postgres-1:db", "home-postgres-1:postgres"];
  const read = written.map((one) => ({ container: "home-postgres-1", as: one.split(":")[1] }));
  expect(links({ Links: null }, { home_default: { Links: written }, other: { Links: written }, third: null })).toEqual(
    read,
  );
  expect(links({ Links: ["/home-postgres-1:/home-api-1/db"] }, null)).toEqual(read.slice(0, 1));
  expect(links({ Links: ["shared-db"] }, {})).toEqual([{ container: "shared-db", as: "shared-db" }]);
});
