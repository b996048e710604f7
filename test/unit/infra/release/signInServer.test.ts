import { spawnSync } from "node:child_process";
import { mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { frontendEntrypoint } from "../../../../infra/release/signInServer";

test("the server is written as it is, whatever the shell, and the image's own entrypoint runs after it", () => {
  const folder = mkdtempSync(join(tmpdir(), "entrypoint-"));
  try {
    writeFileSync(join(folder, "entrypoint.sh"), `#!/bin/sh\nprintf '%s|' "$@" > ${folder}/ran\n`, { mode: 0o755 });
    const [shell, ...words] = frontendEntrypoint("http://api:3001").map((word) =>
      word.replace("/etc/nginx/conf.d", folder).replace("/docker-entrypoint.sh", `${folder}/entrypoint.sh`),
    );
    expect(spawnSync(shell, words).status).toBe(0);
    expect(readFileSync(join(folder, "ran"), "utf8")).toBe("nginx|-g|daemon off;|");
    const server = readFileSync(join(folder, "sign-in.conf"), "utf8");
    expect(server).toContain("rewrite ^/api/(.*)$ /api/auth/$1 break;");
    expect(server).toContain("set $api http://api:3001;");
    expect(server).toContain('return 200 "ok\\n";');
  } finally {
    rmSync(folder, { recursive: true });
  }
});
