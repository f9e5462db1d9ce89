import { createHash } from "node:crypto";
import { mkdirSync, readdirSync, readFileSync } from "node:fs";
import path from "node:path";
import postgres, { type Sql } from "postgres";
import type { TestProject } from "vitest/node";
import { migrate } from "@/db/migrate";
import { TEST_PREFIX } from "@/tests/factories/database-name";
import { startEmbeddedPostgres } from "@/workers/shared/embedded-postgres/start-embedded-postgres";
import { waitForFileLock } from "@/workers/shared/file-lock";

declare module "vitest" {
  interface ProvidedContext {
    /** Of the database `postgres` on the test server: for creating and dropping databases. */
    testServerUrl: string;
    /** A migrated database that nobody connects to: `create database … template …`. */
    testTemplate: string;
  }
}

const dataDir = path.resolve(".cache/test-postgres");
const migrationsFolder = path.resolve("db/migrations");
const LOCK_WAIT_MS = 120_000;
/** One open connection with this name says that a test run is using the server. */
const LEASE_NAME = "switchyard-test-run";

/**
 * One server for all test runs on this machine, started by the first and stopped by the last. Its data is worth nothing,
 * so it does not wait for the disk; tests about crashes start a server of their own.
 */
export default async function setup(project: TestProject): Promise<() => Promise<void>> {
  const { lease, stop, url } = await underLock(async () => {
    const server = await startEmbeddedPostgres({
      dataDir,
      log: () => {},
      settings: { fsync: "off", full_page_writes: "off", synchronous_commit: "off", max_connections: "300" },
    });
    const serverUrl = server.superuserUrl;
    const connection = postgres(serverUrl, {
      max: 1,
      max_lifetime: null,
      onnotice: () => {},
      connection: { application_name: LEASE_NAME },
    });
    try {
      const template = templateName();
      if (await isOnlyRun(connection)) await dropLeftovers(connection, template);
      await makeTemplate(connection, serverUrl, template);
      project.provide("testServerUrl", serverUrl);
      project.provide("testTemplate", template);
    } catch (error) {
      await connection.end();
      throw error;
    }
    return { lease: connection, stop: server.stop, url: serverUrl };
  });
  return () =>
    underLock(async () => {
      const isLast = await isOnlyRun(lease);
      await lease.end();
      if (isLast) await stop();
    }).catch((cause: unknown) => {
      throw new Error(`The test database server at ${new URL(url).host} was lost during the run`, { cause });
    });
}

async function underLock<T>(work: () => Promise<T>): Promise<T> {
  mkdirSync(dataDir, { recursive: true, mode: 0o700 });
  const lock = await waitForFileLock(path.join(dataDir, "runs.lock"), LOCK_WAIT_MS);
  try {
    return await work();
  } finally {
    lock.release();
  }
}

async function isOnlyRun(lease: Sql): Promise<boolean> {
  const others = await lease`select 1 from pg_stat_activity where application_name = ${LEASE_NAME} and pid <> pg_backend_pid()`;
  return others.length === 0;
}

/** What killed runs left behind, and templates of migrations that have changed since. */
async function dropLeftovers(lease: Sql, template: string): Promise<void> {
  const rows = await lease<{ datname: string }[]>`
    select datname from pg_database where starts_with(datname, ${TEST_PREFIX}) and datname <> ${template}`;
  for (const { datname } of rows) await lease`drop database ${lease(datname)} with (force)`;
}

async function makeTemplate(lease: Sql, serverUrl: string, template: string): Promise<void> {
  const found = await lease`select 1 from pg_database where datname = ${template}`;
  if (found.length > 0) return;
  // Migrated under another name first: a template that exists is a template that is whole.
  const draft = `${template}_draft`;
  await lease`drop database if exists ${lease(draft)} with (force)`;
  await lease`create database ${lease(draft)}`;
  await migrate(withDatabase(serverUrl, draft));
  await lease`alter database ${lease(draft)} rename to ${lease(template)}`;
}

function templateName(): string {
  const hash = createHash("sha256");
  for (const name of readdirSync(migrationsFolder, { recursive: true, encoding: "utf8" }).toSorted()) {
    if (name.endsWith(".sql")) hash.update(name).update(readFileSync(path.join(migrationsFolder, name)));
  }
  return `${TEST_PREFIX}template_${hash.digest("hex").slice(0, 16)}`;
}

function withDatabase(url: string, name: string): string {
  const changed = new URL(url);
  changed.pathname = `/${name}`;
  return changed.href;
}
