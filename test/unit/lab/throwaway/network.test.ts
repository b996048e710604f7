import { gatewayOf } from "../../../../lab/throwaway/network";

test.each([
  ["named", { Subnet: "172.17.0.0/16", Gateway: "172.17.0.9" }, "172.17.0.9"],
  ["not named, as an engine that was never restarted has it", { Subnet: "172.17.0.0/16" }, "172.17.0.1"],
  ["of an IPv6 network", { Subnet: "fd00::/64" }, undefined],
  ["of a network without addresses", {}, undefined],
])("a gateway that is %s", (_what, pool, address) => {
  expect(gatewayOf(pool)).toBe(address);
});
