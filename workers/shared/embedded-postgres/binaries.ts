import { createRequire } from "node:module";
import { dirname, join } from "node:path";
import { hydrateSymlinks } from "@/workers/shared/embedded-postgres/hydrate-symlinks";
import { OperatorError } from "@/workers/shared/operator-error";

/** The folder with `bin`, `lib` and `share` of the Postgres that npm installed for this platform. */
export function locateBinaries(): string {
  const platform = `${process.platform}-${process.arch}`;
  const require = createRequire(import.meta.url);
  let entry: string;
  try {
    // The platform package is a dependency of `embedded-postgres`, not ours: resolve it from there.
    entry = createRequire(require.resolve("embedded-postgres")).resolve(`@embedded-postgres/${platform}`);
  } catch (cause) {
    throw new OperatorError(
      `There is no embedded Postgres for ${platform} on this machine. Set DATABASE_URL to a Postgres 16 or newer, or run npm ci again without --omit=optional.`,
      { cause },
    );
  }
  const native = join(dirname(entry), "..", "native");
  hydrateSymlinks(native);
  return native;
}
