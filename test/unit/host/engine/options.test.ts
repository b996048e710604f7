import type Docker from "dockerode";
import { optionsOf } from "../../../../host/engine/options";

const options = (HostConfig: object, Networks: object = {}) =>
  optionsOf({ HostConfig, NetworkSettings: { Networks } } as unknown as Docker.ContainerInspectInfo);

test("a container that asks for nothing has none, in Docker's words for it", () => {
  const plain = {
    ...{ NetworkMode: "home_default", Dns: [], DnsSearch: null, ExtraHosts: null, Ulimits: null, CapAdd: null },
    ...{
      NanoCpus: 0,
      PidsLimit: null,
      Privileged: false,
      Devices: [],
      Runtime: "runc",
      LogConfig: { Type: "json-file" },
    },
  };
  expect(options(plain, { home_default: { IPAMConfig: {} }, other: { IPAMConfig: null } })).toEqual([]);
  expect(options({ LogConfig: { Type: "local" }, Runtime: "io.containerd.runc.v2", PidsLimit: -1 })).toEqual([]);
});

test("what it asks for, without values that may be secret", () => {
  const asked = {
    ...{ NetworkMode: "container:0123", Dns: ["10.0.0.53"], DnsSearch: ["lan"], DnsOptions: ["ndots:1"] },
    ...{ ExtraHosts: ["db.lan:10.0.0.5", "host.docker.internal=host-gateway"], NanoCpus: 500_000_000 },
    ...{ LogConfig: { Type: "splunk", Config: { "splunk-token": "secret" } }, Ulimits: [{ Name: "nofile", Soft: 1 }] },
    ...{ CpusetCpus: "0-1", PidsLimit: 100, Privileged: true, CapAdd: ["NET_ADMIN"], Runtime: "runsc" },
    ...{ Devices: [{ PathOnHost: "/dev/dri" }], Sysctls: { "net.core.somaxconn": "1024" } },
  };
  expect(options(asked, { home: { IPAMConfig: { IPv4Address: "172.20.0.5", IPv6Address: "fd00::5" } } })).toEqual([
    ...["--network container", "--ip 172.20.0.5", "--ip6 fd00::5", "--dns 10.0.0.53", "--dns-search lan"],
    ...["--dns-option ndots:1", "--add-host db.lan", "--add-host host.docker.internal", "--log-driver splunk"],
    ...["--ulimit nofile", "--cpus 0.5", "--cpuset-cpus 0-1", "--pids-limit 100", "--privileged"],
    ...["--cap-add NET_ADMIN", "--device /dev/dri", "--sysctl net.core.somaxconn", "--runtime runsc"],
  ]);
  expect(options({ NetworkMode: "host" })).toEqual(["--network host"]);
});
