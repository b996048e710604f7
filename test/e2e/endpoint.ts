import type Docker from "dockerode";
import { createCA } from "mkcert";
import { exec } from "../../host/engine/docker/exec";
import { makeAuthority } from "../../lab/rehearse/authority";
import { hostedEnvironment, startHosted } from "../../lab/throwaway";
import { issuedKey, type Scene } from "./scene";
import { until } from "./traffic";

/** Every way a hosted endpoint can fail. */
export const faults = ["down", "wrong key", "self-signed", "slow", "500s", "plain page"] as const;

export type Fault = (typeof faults)[number];

/** Message of an `up` for each fault. */
export const messages: Readonly<Record<Fault, RegExp>> = {
  down: /secure\.internal:8443 (does not resolve|refuses the connection|cannot be reached)/,
  "wrong key": /secure\.internal:8443 refuses the key \(401\): Invalid API key/,
  "self-signed": /secure\.internal:8443 shows a certificate that is not trusted/,
  slow: /secure\.internal:8443 is too slow: it took the connection and had not answered after 5 s/,
  "500s": /secure\.internal:8443 returned a server error \(500\): Internal Server Error/,
  "plain page": /secure\.internal:8443 is no data-provider, though it answers 200: Welcome/,
};

/** Modes of the stand-in, for the faults it shows itself. */
const modes: Readonly<Partial<Record<Fault, { mode: string; ms?: number }>>> = {
  "wrong key": { mode: "401" },
  slow: { mode: "slow", ms: 10_000 },
  "500s": { mode: "500" },
  "plain page": { mode: "page" },
};

/**
 * A hosted endpoint over TLS, with a certificate of its own authority, that a test can make misbehave while it is used.
 */
export interface Endpoint {
  /** Certificate of its authority, PEM. */
  readonly authority: string;
  misbehave(fault: Fault): Promise<void>;
  /** Ends a fault. */
  mend(fault: Fault): Promise<void>;
}

const place = { alias: "secure.internal", port: 8443 };

/** Address of the endpoint, as a release sees it. */
export const endpointUrl = `https://${place.alias}:${place.port}`;

/** Starts an endpoint next to a scene's own plain one; it is removed with the install. */
export async function startEndpoint(scene: Scene): Promise<Endpoint> {
  const [own, nobodys] = await Promise.all([
    makeAuthority(place.alias),
    createCA({ organization: "Nobody", countryCode: "NL", state: "-", locality: "-", validity: 1 }),
  ]);
  const start = (alias: string, { certificate, key }: { certificate: string; key: string }) =>
    startHosted(scene.docker, {
      install: scene.place.install,
      image: scene.hostedImage,
      alias,
      port: place.port,
      scheme: "https",
      mail: true,
      environment: {
        ...hostedEnvironment(issuedKey, scene.bucketEnvironment),
        STANDIN_TLS_CERT: certificate,
        STANDIN_TLS_KEY: key,
      },
    });
  const { container: hosted } = await start(place.alias, own);
  // The same with a certificate of an unknown authority; it gets the name while the fault lasts.
  const { container: impostor } = await start("impostor.internal", { certificate: nobodys.cert, key: nobodys.key });

  const network = scene.docker.getNetwork(`${scene.place.install}-data`);
  const giveName = async (from: Docker.Container, to: Docker.Container): Promise<void> => {
    for (const { id } of [from, to]) await network.disconnect({ Container: id, Force: true });
    await network.connect({ Container: to.id, EndpointConfig: { Aliases: [place.alias] } });
    await network.connect({ Container: from.id });
  };
  return {
    authority: own.ca,
    async misbehave(fault) {
      const told = modes[fault];
      if (told !== undefined) await tell(hosted, endpointUrl, told);
      else if (fault === "down") await hosted.kill();
      else await giveName(hosted, impostor);
    },
    async mend(fault) {
      if (fault === "down") await hosted.start();
      if (fault === "self-signed") await giveName(impostor, hosted);
      await until(() => tell(hosted, endpointUrl, { mode: "none" }), 10_000);
    },
  };
}

/** Sets a stand-in endpoint's fault, from within its container. @returns true when it has accepted */
export async function tell(
  hosted: Docker.Container,
  url: string,
  told: { mode: string; ms?: number },
): Promise<boolean> {
  const { protocol, port } = new URL(url);
  const { output } = await exec(hosted, [
    "curl",
    "-skS",
    "-X",
    "POST",
    "-H",
    "content-type: application/json",
    "-d",
    JSON.stringify(told),
    `${protocol}//127.0.0.1:${port}/standin/fault`,
  ]);
  expect(JSON.parse(output)).toMatchObject({ mode: told.mode });
  return true;
}
