import {
  chmodSync,
  chownSync,
  existsSync,
  lstatSync,
  mkdirSync,
  readFileSync,
  rmSync,
  statSync,
  symlinkSync,
  writeFileSync,
} from "node:fs";
import path from "node:path";
import { runMigrations } from "graphile-worker";
import postgres from "postgres";
import { expect, onTestFinished, test } from "vitest";
import { migrate } from "@/db/migrate";
import { temporaryFolder } from "@/tests/factories/temporary-folder";
import { chownTree, type ServerIdentity } from "@/workers/shared/embedded-postgres/identity";
import { findPostmaster } from "@/workers/shared/embedded-postgres/postmaster";
import { startEmbeddedPostgres, type EmbeddedPostgres } from "@/workers/shared/embedded-postgres/start-embedded-postgres";

const isRoot = process.geteuid?.() === 0;

async function start(dataDir: string, identity?: ServerIdentity): Promise<EmbeddedPostgres> {
  const server = await startEmbeddedPostgres({ dataDir, log: () => {}, identity });
  onTestFinished(() => server.stop());
  return server;
}

function connect(url: string): postgres.Sql {
  const sql = postgres(url, { max: 1, onnotice: () => {} });
  onTestFinished(() => sql.end());
  return sql;
}

test("a first start makes a closed, checksummed UTF-8 database that only this machine reaches", async () => {
  const dataDir = temporaryFolder();
  const { superuserUrl, adopted } = await start(dataDir);
  const sql = connect(superuserUrl);
  const [row] = await sql`
    select current_setting('data_checksums') as checksums, current_setting('listen_addresses') as listens,
      current_setting('unix_socket_directories') as sockets, current_setting('fsync') as fsync,
      datlocprovider as provider, datlocale as locale, pg_encoding_to_char(encoding) as encoding,
      (select bool_and(rolpassword like 'SCRAM-SHA-256%') from pg_authid where rolcanlogin) as scram
    from pg_database where datname = 'switchyard'`;
  expect(adopted).toBe(false);
  expect(row).toEqual({
    checksums: "on",
    listens: "127.0.0.1",
    sockets: "",
    fsync: "on",
    provider: "b",
    locale: "C.UTF-8",
    encoding: "UTF8",
    scram: true,
  });
  for (const file of ["postgres.password", "postgres.owner-password"]) expect(statSync(path.join(dataDir, file)).mode & 0o777).toBe(0o600);
  expect(statSync(path.join(dataDir, "postgres")).mode & 0o777).toBe(0o700);
});

test("the product owns its database and nothing else of the server, and that is enough for it", async () => {
  const { url } = await start(temporaryFolder());
  const sql = connect(url);
  expect(
    await sql`select rolsuper, rolcreatedb, rolcreaterole, rolreplication, rolbypassrls from pg_roles where rolname = current_user`,
  ).toEqual([{ rolsuper: false, rolcreatedb: false, rolcreaterole: false, rolreplication: false, rolbypassrls: false }]);
  await expect(sql`select pg_read_file('/etc/passwd')`).rejects.toThrow("permission denied");
  await expect(sql`copy (select 1) to program 'true'`).rejects.toThrow("permission denied");
  await migrate(url);
  await runMigrations({ connectionString: url });
  expect(await sql`select count(*)::integer as jobs from graphile_worker.jobs`).toEqual([{ jobs: 0 }]);
});

test("a lost owner password is made anew", async () => {
  const dataDir = temporaryFolder();
  const first = await start(dataDir);
  rmSync(path.join(dataDir, "postgres.owner-password"));
  const second = await start(dataDir);
  expect(second.url).not.toBe(first.url);
  expect(await connect(second.url)`select 1 as one`).toEqual([{ one: 1 }]);
});

test("a wrong password is refused", async () => {
  const { url } = await start(temporaryFolder());
  const wrong = new URL(url);
  wrong.password = "guess";
  await expect(connect(wrong.href)`select 1`).rejects.toThrow("password authentication failed");
});

test("a running server of the same folder is adopted, also by several starts at once", async () => {
  const dataDir = temporaryFolder();
  const first = await start(dataDir);
  const others = await Promise.all([start(dataDir), start(dataDir)]);
  expect(others.map(({ pid, url, adopted }) => ({ pid, url, adopted }))).toEqual(
    [1, 2].map(() => ({ pid: first.pid, url: first.url, adopted: true })),
  );
});

test("two first starts at once end up with one server", async () => {
  const dataDir = temporaryFolder();
  const [one, two] = await Promise.all([start(dataDir), start(dataDir)]);
  expect(one.pid).toBe(two.pid);
  expect(one.adopted).not.toBe(two.adopted);
});

test("after kill -9 every acknowledged row is there, on the same port", async () => {
  const dataDir = temporaryFolder();
  const first = await start(dataDir);
  const before = postgres(first.url, { max: 1 });
  await before`create table promise (n integer)`;
  await before`insert into promise select generate_series(1, 1000)`;
  process.kill(first.pid, "SIGKILL");
  await before.end();
  const second = await start(dataDir);
  const [row] = await connect(second.url)`select count(*)::integer as count from promise`;
  expect(row).toEqual({ count: 1000 });
  expect(second.adopted).toBe(false);
  expect(second.url).toBe(first.url);
});

test("a stopped server is gone, and its folder starts again", async () => {
  const dataDir = temporaryFolder();
  const first = await start(dataDir);
  await first.stop();
  expect(first.isRunning()).toBe(false);
  expect(existsSync(path.join(dataDir, "postgres", "postmaster.pid"))).toBe(false);
  expect((await start(dataDir)).isRunning()).toBe(true);
});

test("a postmaster.pid whose number now belongs to a stranger does not keep the server from starting", async () => {
  const dataDir = temporaryFolder();
  const first = await start(dataDir);
  await first.stop();
  writeFileSync(
    path.join(dataDir, "postgres", "postmaster.pid"),
    `${process.pid}\n${dataDir}/postgres\n1\n5432\n\n127.0.0.1\n1 1\nready\n`,
  );
  const second = await start(dataDir);
  expect(second.adopted).toBe(false);
});

test("looking for the server leaves a postmaster.pid alone that one which is just starting has not written yet", async () => {
  const dataDir = temporaryFolder();
  const cluster = path.join(dataDir, "postgres");
  await (await start(dataDir)).stop();
  writeFileSync(path.join(cluster, "postmaster.pid"), "");
  expect(findPostmaster(cluster)).toBe(null);
  expect(existsSync(path.join(cluster, "postmaster.pid"))).toBe(true);
  expect((await start(dataDir)).adopted).toBe(false);
});

test("the server of another folder is never adopted, whatever postmaster.pid says", async () => {
  const [ours, theirs] = [temporaryFolder(), temporaryFolder()];
  const other = await start(theirs);
  const first = await start(ours);
  await first.stop();
  writeFileSync(path.join(ours, "postgres", "postmaster.pid"), readFileSync(path.join(theirs, "postgres", "postmaster.pid")));
  const second = await start(ours);
  expect(second.adopted).toBe(false);
  expect(second.pid).not.toBe(other.pid);
  expect(other.isRunning()).toBe(true);
});

test("a folder with somebody's files in it is refused and left alone", async () => {
  const dataDir = temporaryFolder();
  mkdirSync(path.join(dataDir, "postgres"));
  writeFileSync(path.join(dataDir, "postgres", "thesis.txt"), "mine");
  await expect(start(dataDir)).rejects.toThrow("is not empty and is no Postgres database");
  expect(readFileSync(path.join(dataDir, "postgres", "thesis.txt"), "utf8")).toBe("mine");
});

test("a database of another major version is refused with the way out", async () => {
  const dataDir = temporaryFolder();
  mkdirSync(path.join(dataDir, "postgres"));
  writeFileSync(path.join(dataDir, "postgres", "PG_VERSION"), "15\n");
  await expect(start(dataDir)).rejects.toThrow("was made by Postgres 15; this release brings 18");
});

test("what an interrupted first start left behind does not count as a database", async () => {
  const dataDir = temporaryFolder();
  mkdirSync(path.join(dataDir, "postgres.new", "cluster"), { recursive: true });
  writeFileSync(path.join(dataDir, "postgres.new", "cluster", "PG_VERSION"), "18\n");
  expect((await start(dataDir)).adopted).toBe(false);
});

test.runIf(isRoot)("root without user namespaces runs the server as an unprivileged user that owns the database", async () => {
  const dataDir = temporaryFolder();
  const nobody = { kind: "user", uid: 65_534, gid: 65_534 } as const;
  const server = await start(dataDir, nobody);
  expect(statSync(`/proc/${server.pid}`).uid).toBe(nobody.uid);
  expect(statSync(path.join(dataDir, "postgres")).uid).toBe(nobody.uid);
  await server.stop();
  // The next start finds the owner by itself.
  expect(statSync(`/proc/${(await start(dataDir)).pid}`).uid).toBe(nobody.uid);
});

test.runIf(isRoot)("giving the database away follows no link, and leaves alone what is its user's already", () => {
  const [folder, elsewhere] = [temporaryFolder(), temporaryFolder()];
  const nobody = { uid: 65_534, gid: 65_534 };
  const ours = path.join(elsewhere, "ours");
  writeFileSync(ours, "");
  mkdirSync(path.join(folder, "mine"));
  writeFileSync(path.join(folder, "mine", "file"), "");
  symlinkSync(ours, path.join(folder, "link"));
  symlinkSync(elsewhere, path.join(folder, "folder-link"));
  mkdirSync(path.join(folder, "theirs"));
  writeFileSync(path.join(folder, "theirs", "swapped"), "");
  chownSync(path.join(folder, "theirs"), nobody.uid, nobody.gid);
  chownTree(folder, nobody);
  for (const given of ["", "mine", "mine/file", "link", "folder-link"]) expect(lstatSync(path.join(folder, given)).uid).toBe(nobody.uid);
  for (const kept of [elsewhere, ours, path.join(folder, "theirs", "swapped")]) expect(statSync(kept).uid).toBe(0);
});

test.runIf(isRoot)("root is told what to do when that user cannot reach the data folder", async () => {
  const closed = temporaryFolder();
  chmodSync(closed, 0o700);
  const nobody = { kind: "user", uid: 65_534, gid: 65_534 } as const;
  await expect(start(path.join(closed, "data"), nobody)).rejects.toThrow("Start Switchyard as an ordinary user");
});
