import { expect, test } from "vitest";
import { findViolations } from "@/tests/lint/layers";

const messagesFor = (path: string, text: string) => findViolations([{ path, text }]).map(({ line, message }) => `${line}: ${message}`);

test.each([
  ["lib/money/planted.ts", `import { connectDatabase } from "@/db/client";`, "core must not import db (@/db/client)"],
  ["lib/gateway/planted.ts", `import type { Sql } from "@/lib/wallet/store";`, "core must not import domain (@/lib/wallet/store)"],
  ["lib/wallet/planted.ts", `import { GET } from "@/app/v1/route";`, "domain must not import app (@/app/v1/route)"],
  ["lib/wallet/planted.ts", `import { runtime } from "@/lib/runtime/runtime";`, "domain must not import runtime (@/lib/runtime/runtime)"],
  ["lib/keys/planted.ts", `import { cache } from "react";`, "imports react: only screens do"],
  ["lib/users/planted.ts", `import { headers } from "next/headers";`, "imports next/headers: only screens do"],
  ["db/planted.ts", `import { placeHold } from "@/lib/wallet/place-hold";`, "db must not import domain (@/lib/wallet/place-hold)"],
  ["components/ui/planted.tsx", `import { readWallet } from "@/lib/wallet/read";`, "components must not import domain (@/lib/wallet/read)"],
  [
    "components/ui/planted.tsx",
    `import { getSession } from "@/app/_server/session";`,
    "components must not import app (@/app/_server/session)",
  ],
  ["app/planted.ts", `import { connectDatabase } from "@/db/client";`, "app must not import db (@/db/client)"],
  [
    "app/planted.ts",
    `import { startSimulator } from "@/workers/simulator/start";`,
    "app must not import workers (@/workers/simulator/start)",
  ],
  [
    "workers/web/planted.ts",
    `import { Button } from "@/components/ui/button";`,
    "workers must not import components (@/components/ui/button)",
  ],
  [
    "lib/codex/planted.ts",
    `const cli = await import("@/workers/shared/free-port");`,
    "domain must not import workers (@/workers/shared/free-port)",
  ],
  ["lib/keys/planted.ts", `import { x } from "@/lib/helpers/x";`, "imports @/lib/helpers/x, which is in no known layer"],
  ["lib/keys/planted.ts", `import { issueKey } from "./issue-key";`, "imports ./issue-key: use the absolute @/ alias"],
  [
    "lib/keys/planted.ts",
    `export { issueKey } from "@/lib/keys/issue-key";`,
    "re-exports @/lib/keys/issue-key: no barrels, import the file itself",
  ],
  ["lib/keys/planted.ts", `export * from "@/lib/keys/issue-key";`, "re-exports @/lib/keys/issue-key: no barrels, import the file itself"],
  ["lib/keys/index.ts", ``, "no barrels: name the file after what it exports"],
  ["lib/keys/issueKey.ts", ``, "file names are kebab-case"],
  ["lib/wallet/planted.ts", `const sql = postgres(url);`, "only lib/runtime builds long-lived things"],
  ["lib/payments/planted.ts", `const stripe = new Stripe(key);`, "only lib/runtime builds long-lived things"],
  ["app/planted.ts", `const agent = new Agent();`, "only lib/runtime builds long-lived things"],
  ["tests/unit/planted.test.ts", `vi.mock("@/lib/time/clock");`, "no module mocks: fake only what we do not own, on a real socket"],
  ["tests/unit/planted.test.ts", `readFileSync("../shared/design/RULES.md");`, "nothing reads outside of the repository"],
])("in %s, %j is refused", (path, text, message) => {
  expect(messagesFor(path, text)).toEqual([`1: ${message}`]);
});

test("an import over several lines is found, on its own line", () => {
  expect(messagesFor("lib/money/planted.ts", `const a = 1;\n\nimport {\n  one,\n  two,\n} from "@/db/client";\n`)).toEqual([
    "3: core must not import db (@/db/client)",
  ]);
});

test.each([
  ["components/ui/allowed.tsx", `import type { WalletView } from "@/lib/wallet/read";`],
  ["app/allowed.ts", `import { withTransaction } from "@/db/transaction";`],
  ["lib/wallet/allowed.ts", `import { connectDatabase } from "@/db/client";`],
  ["lib/runtime/allowed.ts", `const sql = postgres(url);`],
  ["workers/web/allowed.ts", `import next from "next";`],
  ["lib/money/allowed.ts", `// import { x } from "@/db/client";\n/* const sql = postgres(url); */`],
  ["lib/money/allowed.ts", `const words = "not an import from";`],
  ["app/(site)/users/[id]/page.tsx", `export default function Page() {}`],
])("in %s, %j is fine", (path, text) => {
  expect(messagesFor(path, text)).toEqual([]);
});
