import { resolveSettings, SettingsError } from "../../../settings";

const given = (subnet: string) => () =>
  resolveSettings({ config: (name) => ({ tier: "base", subnet })[name], environment: {}, dotenv: {} }, "base");

test.each(["10.213.7.0/24", "10.0.0.0/8", "172.16.0.0/12", "172.31.4.0/22", "192.168.255.0/24"])(
  "%s is a subnet",
  (subnet) => expect(given(subnet)).not.toThrow(),
);

test.each([
  ["10.213.7.1/24", "is not an IPv4 block"],
  ["10.213.7.0", "is not an IPv4 block"],
  ["10.213.300.0/24", "is not an IPv4 block"],
  ["10.213.7.0/33", "is not an IPv4 block"],
  ["fd00::/64", "is not an IPv4 block"],
  ["8.8.8.0/24", "is not private"],
  ["172.0.0.0/8", "is not private"],
  ["0.0.0.0/0", "is not private"],
  ["10.213.7.0/25", "is too small"],
])("%s is refused, with what is wrong and what to type", (subnet, why) => {
  expect(given(subnet)).toThrow(SettingsError);
  expect(given(subnet)).toThrow(why);
  expect(given(subnet)).toThrow("npm run pulumi -- config set --stack base subnet 10.213.7.0/24");
});
