import type { Report as Say } from "../../../util/progress/progress";
import type { BenchContext } from "../context";
import { startHostedOnStores } from "../../throwaway";
import { issueHosted } from "../hosted";
import { loadOf } from "../load";
import { measure } from "../measure";
import { runName, type Run } from "../report/run";
import type { Compose } from "./command";
import { ComposeProject } from "./project";

/** Milliseconds the site is watched once the command has ended, before the operator helps it. */
const watched = 10_000;

/** Milliseconds between two requests to a site that does not answer. */
const pollInterval = 250;

/** Measures the control: the guide's own procedure with compose, there and back, under the same load. */
export async function control(context: BenchContext, compose: Compose): Promise<Run[]> {
  const {
    docker,
    subject: { images },
    interrupt,
    say,
  } = context;
  const project = await ComposeProject.layOut(docker, compose, images, interrupt);
  const hosted = issueHosted();
  try {
    say(`compose: bringing ${project.name} up on tier 1`);
    await project.migrate();
    await project.up();
    const { DATABASE_URL, REDIS_URL } = project.settings;
    await interrupt.guard(
      startHostedOnStores(
        docker,
        { install: project.name, image: `${images.scaniRepository}/data-provider:${images.scaniTag}`, ...hosted },
        { DATABASE_URL, REDIS_URL },
      ),
    );

    const tier2 = { ...project.settings, SCANI_CLOUD_URL: hosted.url, SCANI_CLOUD_API_KEY: hosted.key };
    const forth = await switched(context, project, runName.composeForth, () => project.edit(tier2, false));
    const back = await switched(context, project, runName.composeBack, () => project.edit(project.settings, true));
    return [forth, back];
  } finally {
    say("compose: removing it");
    await project.remove();
  }
}

async function switched(
  { subject, interrupt, say }: BenchContext,
  project: ComposeProject,
  name: string,
  edit: () => void,
): Promise<Run> {
  edit();
  const seen = await measure(
    {
      name,
      url: project.url,
      load: loadOf(subject.kind),
      command: () => project.up(),
      afterwards: () => helpUp(project, interrupt, say),
    },
    interrupt,
    say,
  );
  return { ...seen, flipMs: null };
}

/**
 * Restarts frontend-app if the site still fails some seconds after the command, and waits until it answers. The guide's
 * procedure ends with the command, but nginx may keep the old api's address until somebody restarts it.
 */
async function helpUp(project: ComposeProject, interrupt: BenchContext["interrupt"], say: Say): Promise<void> {
  await interrupt.pause(watched);
  if (await answers(project.url)) return;
  say(`  still failing ${watched / 1000} s after the command: restarting frontend-app by hand`);
  await project.run("restart", "frontend-app");
  while (!(await answers(project.url))) await interrupt.pause(pollInterval);
}

/** Returns true when the api answers through the front. `/health` exists on real and stand-in api alike. */
async function answers(url: string): Promise<boolean> {
  return fetch(`${url}/api/health`, { signal: AbortSignal.timeout(5_000) }).then(
    ({ ok }) => ok,
    () => false,
  );
}
