import type { MDXContent } from "mdx/types";
import AccountRules from "@/app/(site)/docs/_content/account-rules.mdx";
import Billing from "@/app/(site)/docs/_content/billing.mdx";
import CodexCli from "@/app/(site)/docs/_content/codex-cli.mdx";
import Errors from "@/app/(site)/docs/_content/errors.mdx";
import HowItWorks from "@/app/(site)/docs/_content/how-it-works.mdx";
import Lanes from "@/app/(site)/docs/_content/lanes.mdx";
import Limits from "@/app/(site)/docs/_content/limits.mdx";
import Models from "@/app/(site)/docs/_content/models.mdx";
import Operator from "@/app/(site)/docs/_content/operator.mdx";
import Questions from "@/app/(site)/docs/_content/questions.mdx";
import QuickStart from "@/app/(site)/docs/_content/quick-start.mdx";
import Sdks from "@/app/(site)/docs/_content/sdks.mdx";
import Support from "@/app/(site)/docs/_content/support.mdx";
import VsCode from "@/app/(site)/docs/_content/vs-code.mdx";
import Windows from "@/app/(site)/docs/_content/windows.mdx";
import type { DocsSlug } from "@/lib/site/docs-pages";

export const MDX_PAGES: Readonly<Record<DocsSlug, MDXContent>> = {
  "how-it-works": HowItWorks,
  "quick-start": QuickStart,
  "codex-cli": CodexCli,
  "vs-code": VsCode,
  windows: Windows,
  sdks: Sdks,
  lanes: Lanes,
  limits: Limits,
  models: Models,
  "account-rules": AccountRules,
  billing: Billing,
  errors: Errors,
  questions: Questions,
  support: Support,
  operator: Operator,
};
