import { type ChildProcess, execFileSync, spawn, spawnSync } from "node:child_process";
import { once } from "node:events";
import { existsSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { createConnection } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { atTheEnd } from "./endings.ts";
import { freePort } from "./freePort.ts";

/** Where a site is reached through a proxy. */
export interface ProxyServer {
  /** `https://localhost:40123`. */
  url: string;
  /** Of the listener without TLS. */
  plainUrl: string;
  /** The certificate to trust, in PEM. */
  certificate: string;
}

export interface ProxyKind {
  name: string;
  /** Why there is none here; null where there is. */
  absence: string | null;
  /**
   * Starts it in front of the nodes that listen on these ports, by the file of `deploy/`. `edit` may change that first.
   * It ends with the test or file that asked for it.
   */
  start(nodes: readonly [number, number], edit?: (file: string) => string): Promise<ProxyServer>;
}

const DEPLOY = fileURLToPath(new URL("../../deploy/", import.meta.url));

/** Linux has all of 127.0.0.0/8, so that clients can have addresses of their own. */
function absenceOf(...calls: [program: string, flag: string][]): string | null {
  if (process.platform !== "linux") return "it is tried on Linux only";
  const absent = calls.find((call) => spawnSync(call[0], [call[1]]).status !== 0);
  return absent === undefined ? null : `${absent[0]} is not installed here`;
}

/** What stands for a name of its own, which nobody would find. */
const SITE = "localhost";

export const nginx: ProxyKind = {
  name: "nginx",
  absence: absenceOf(["nginx", "-v"], ["openssl", "version"]),
  async start([first, second], edit = (file) => file) {
    const home = makeHome("nginx");
    const [port, plainPort] = [await freePort(), await freePort()];
    const [certificate, key] = [join(home, "certificate.pem"), join(home, "key.pem")];
    const subject = ["-subj", `/CN=${SITE}`, "-addext", `subjectAltName=DNS:${SITE}`];
    const made = [
      "-newkey",
      "ec",
      "-pkeyopt",
      "ec_paramgen_curve:P-256",
      "-keyout",
      key,
      "-out",
      certificate,
    ];
    execFileSync("openssl", ["req", "-x509", "-nodes", "-days", "2", ...made, ...subject], {
      stdio: "ignore",
    });
    const file = replaced(edit(readFileSync(`${DEPLOY}nginx.conf`, "utf8")), {
      "listen 80;": `listen 127.0.0.1:${plainPort};`,
      "listen 443 ssl": `listen 127.0.0.1:${port} ssl`,
      "chat.example;": `${SITE};`,
      "/etc/ssl/chat.example.pem": certificate,
      "/etc/ssl/private/chat.example.key": key,
      "127.0.0.1:8000": `127.0.0.1:${first}`,
      "127.0.0.1:8001": `127.0.0.1:${second}`,
    });
    writeFileSync(join(home, "site.conf"), file);
    const folders = ["client_body", "proxy", "fastcgi", "uwsgi", "scgi"];
    const around = `daemon off; pid ${home}/pid; user root; worker_processes 2; error_log stderr warn;
      events {} http { access_log off; include ${home}/site.conf;
      ${folders.map((name) => `${name}_temp_path ${home}/${name};`).join(" ")} }`;
    writeFileSync(join(home, "nginx.conf"), around);
    await startProgram(["nginx", "-e", "stderr", "-p", home, "-c", join(home, "nginx.conf")], {}, port);
    return {
      url: `https://${SITE}:${port}`,
      plainUrl: `http://${SITE}:${plainPort}`,
      certificate: readFileSync(certificate, "utf8"),
    };
  },
};

export const caddy: ProxyKind = {
  name: "Caddy",
  absence: absenceOf(["caddy", "version"]),
  async start([first, second], edit = (file) => file) {
    const home = makeHome("caddy");
    const [port, plainPort] = [await freePort(), await freePort()];
    writeFileSync(join(home, "site"), edit(readFileSync(`${DEPLOY}Caddyfile`, "utf8")));
    // Its own certificates are not made known to this machine.
    const around = `{
      admin off
      skip_install_trust
      http_port ${plainPort}
      default_bind 127.0.0.1
    }
    import ${home}/site`;
    writeFileSync(join(home, "Caddyfile"), around);
    const variables = {
      HOME: home,
      XDG_DATA_HOME: home,
      XDG_CONFIG_HOME: home,
      COLLOQUY_SITE: `${SITE}:${port}`,
      COLLOQUY_NODES: `127.0.0.1:${first} 127.0.0.1:${second}`,
    };
    const config = ["--config", join(home, "Caddyfile"), "--adapter", "caddyfile"];
    await startProgram(["caddy", "run", ...config], variables, port);
    const certificate = join(home, "caddy/pki/authorities/local/root.crt");
    while (!existsSync(certificate)) await sleep(20);
    return {
      url: `https://${SITE}:${port}`,
      plainUrl: `http://${SITE}:${plainPort}`,
      certificate: readFileSync(certificate, "utf8"),
    };
  },
};

function makeHome(name: string): string {
  const home = mkdtempSync(join(tmpdir(), `colloquy-${name}-`));
  atTheEnd(async () => rmSync(home, { recursive: true, force: true }));
  return home;
}

function replaced(text: string, values: Record<string, string>): string {
  return Object.entries(values).reduce((changed, [from, to]) => {
    if (!changed.includes(from)) throw new Error(`There is no "${from}" in the file`);
    return changed.replaceAll(from, to);
  }, text);
}

/** Until it takes connections. It ends when this process does. */
async function startProgram(
  [program, ...given]: string[],
  variables: Record<string, string>,
  port: number,
): Promise<void> {
  const child: ChildProcess = spawn(program!, given, {
    env: { ...process.env, ...variables },
    stdio: ["ignore", "ignore", "pipe"],
  });
  let said = "";
  child.stderr!.on("data", (chunk) => {
    said += chunk;
  });
  const ended = once(child, "exit");
  const kill = () => void child.kill("SIGTERM");
  process.once("exit", kill);
  atTheEnd(async () => {
    process.off("exit", kill);
    kill();
    await ended;
  });
  while (!(await answers(port))) {
    if (child.exitCode !== null) throw new Error(`${program} ended: ${said}`);
    await sleep(20);
  }
}

function answers(port: number): Promise<boolean> {
  return new Promise((resolve) => {
    const socket = createConnection(port, "127.0.0.1");
    socket.once("connect", () => resolve(true)).once("error", () => resolve(false));
    socket.once("connect", () => socket.destroy());
  });
}
